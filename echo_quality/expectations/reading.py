"""Reading suites written by hand: YAML in, `TableSuite` out; a mistake names the suite, the check and the fix.

A suite has `name`, `table`, `key` (columns that tell its rows apart in a sample), `personal` (columns that no sample
may show), `held_by`, `asset` (where it is not called as the table), and `expectations`. An expectation is a check with
one of

    {check: c, column: mrr, min: 0}                       bounds: min, max, and above, below where the bound is outside
    {check: c, value: "mrr - arr / 12", max: 0}           the same of something computed
    {check: c, holds: "grr <= nrr"}                       a condition; NULL passes
    {check: c, column: designed_share, present: true}     there is a value
    {check: c, rows: 1}                                   so many rows

and may have `columns` (to show with a failing row), `severity` (critical unless it says warning) and a `description`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from echo_quality.expectations.table_suite import TableSuite
from echo_quality.suites.declarations import SuiteError, declared_checks
from echo_quality.yaml_files import from_yaml

FOLDER = Path(__file__).parent
_OF_SUITE = {"name", "table", "key", "personal", "held_by", "asset", "expectations"}
_OF_CHECK = {
    "check", "column", "value", "holds", "present", "rows", "min", "max", "above", "below", "columns", "severity",
    "description",
}  # fmt: skip
_BOUNDS = {"min": (">=", "min"), "max": ("<=", "max"), "above": (">", "min"), "below": ("<", "max")}
_RUNBOOK = "docs/runbook.md#figures"
Form = tuple[str, dict[str, Any], str]
"""Type of the expectation, its arguments, and what it demands in words."""


def suites_of_models() -> tuple[TableSuite, ...]:
    """The suites of this folder."""
    return read_table_suites(FOLDER)


def read_table_suites(folder: Path) -> tuple[TableSuite, ...]:
    """Every suite of a folder, in the order of its files; SuiteError names what is wrong with one."""
    paths = sorted(folder.glob("*.yaml"))
    found = tuple(
        _suite(path.name, written) for path in paths for written in from_yaml(path.read_text(encoding="utf-8"))
    )
    for what, names in (("name", [each.name for each in found]), ("table", [each.asset for each in found])):
        if repeated := sorted({each for each in names if names.count(each) > 1}):
            raise SuiteError(f"{folder}: two suites have the {what} {', '.join(repeated)}: put their checks into one")
    return found


def _suite(file: str, written: Mapping[str, Any]) -> TableSuite:
    where = f"{file}, suite {written.get('name')!r}"
    _refuse_unknown(where, written, _OF_SUITE)
    schema, _, table = str(written.get("table")).partition(".")
    if not table:
        raise SuiteError(f"{where}: table is {written.get('table')!r}; write schema.table")
    key, checks = tuple(written.get("key", ())), list(written.get("expectations") or [])
    suite = {"name": written.get("name"), "expectations": [_expectation(where, key, each) for each in checks]}
    declared_checks(suite)
    used = [column for each in checks for column in _about(each)]
    return TableSuite(
        suite, schema, table, tuple(dict.fromkeys((*key, *used))), dict(_computed(checks)),
        frozenset(written.get("personal", ())), tuple(written.get("held_by", ())), str(written.get("asset", "")),
    )  # fmt: skip


def _refuse_unknown(where: str, written: Mapping[str, Any], known: set[str]) -> None:
    if unknown := sorted(written.keys() - known):
        raise SuiteError(f"{where}: unknown field {', '.join(unknown)}; known: {', '.join(sorted(known))}")


def _expectation(where: str, key: tuple[str, ...], written: Mapping[str, Any]) -> dict[str, Any]:
    where = f"{where}, check {written.get('check')!r}"
    _refuse_unknown(where, written, _OF_CHECK)
    kind, kwargs, words = _form(where, written)
    return {
        "type": kind,
        "kwargs": kwargs,
        "severity": written.get("severity", "critical"),
        "meta": {
            "check": written.get("check"),
            "rule": "figure",
            "columns": list(dict.fromkeys((*key, *_about(written)))),
            "description": written.get("description") or words,
            "runbook": _RUNBOOK,
        },
    }


def _about(written: Mapping[str, Any]) -> list[str]:
    """The columns of the table that a check is about."""
    return [*written.get("columns", ()), *([written["column"]] if "column" in written else [])]


def _form(where: str, written: Mapping[str, Any]) -> Form:
    check, rows = written.get("check"), written.get("rows")
    if rows is not None:
        words = f"The table has {rows} row{'s' * (rows != 1)}."
        return "expect_table_row_count_to_be_between", {"min_value": rows, "max_value": rows}, words
    if "holds" in written:
        kwargs = {"column": f"{check}__holds", "value_set": [True]}
        return "expect_column_values_to_be_in_set", kwargs, f"{written['holds']}."
    column = f"{check}__value" if "value" in written else written.get("column")
    if not column:
        raise SuiteError(f"{where} is about nothing: give it a column, a value, a condition under holds, or rows")
    if written.get("present"):
        return "expect_column_values_to_not_be_null", {"column": column}, f"{column} has a value."
    return _between(where, str(column), written)


def _between(where: str, column: str, written: Mapping[str, Any]) -> Form:
    bounds = [(*_BOUNDS[field], written[field]) for field in _BOUNDS if field in written]
    if not bounds:
        raise SuiteError(f"{where} has no bound, so every value would pass: give it min, max, above or below")
    kwargs: dict[str, Any] = {"column": column}
    for sign, end, bound in bounds:
        kwargs[f"{end}_value"] = bound
        if sign in "<>":
            kwargs[f"strict_{end}"] = True
    words = " and ".join(f"{sign} {bound}" for sign, _, bound in bounds)
    return "expect_column_values_to_be_between", kwargs, f"{written.get('column', 'It')} is {words}."


def _computed(checks: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    for each in checks:
        for field in ("holds", "value"):
            if field in each:
                yield f"{each['check']}__{field}", str(each[field])
