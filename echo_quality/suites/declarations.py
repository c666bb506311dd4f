"""What a suite declares: one named check per expectation, read from plain JSON.

Nothing here imports Great Expectations, so that a code location can list its checks without paying for it. Whether the
type of an expectation exists and its arguments fit is Great Expectations' to say, when the checkpoint runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

Severity = Literal["critical", "warning"]

ROW_QUERY = "unexpected_rows_query"
_CHECK_NAME = re.compile(r"[A-Za-z0-9_]+")
_COLUMN_ARGUMENTS = ("column", "column_A", "column_B", "column_list")


class SuiteError(Exception):
    """A suite that cannot be trusted to judge: badly declared, or its batch cannot be read."""


@dataclass(frozen=True)
class DeclaredCheck:
    """One expectation under the name its check carries everywhere."""

    name: str
    severity: Severity
    columns: tuple[str, ...]
    description: str
    runbook: str | None
    expectation: str
    kwargs: Mapping[str, Any] = field(hash=False)

    @property
    def touched(self) -> tuple[str, ...]:
        """Every column that the check is about: the declared ones and those of the expectation itself."""
        named: list[str] = []
        for argument in _COLUMN_ARGUMENTS:
            value = self.kwargs.get(argument, ())
            named += [value] if isinstance(value, str) else list(value)
        return tuple(dict.fromkeys((*self.columns, *named)))


def declared_checks(suite: Mapping[str, Any]) -> tuple[DeclaredCheck, ...]:
    """The checks of a suite in their order; a suite with a flaw in its declaration raises SuiteError."""
    suite_name = suite.get("name")
    if not isinstance(suite_name, str) or not suite_name:
        raise SuiteError("A suite has no name: give it one, for example raw_revenue_data.")
    expectations = suite.get("expectations")
    if not isinstance(expectations, Sequence) or not expectations:
        raise SuiteError(f"Suite {suite_name} declares no expectation: it would pass whatever the data is.")
    checks = tuple(_declared(suite_name, position, each) for position, each in enumerate(expectations, start=1))
    _refuse_repeated(suite_name, [check.name for check in checks])
    return checks


def _declared(suite_name: str, position: int, expectation: Mapping[str, Any]) -> DeclaredCheck:
    meta = expectation.get("meta") or {}
    where = f"Suite {suite_name}, expectation {position} ({meta.get('check') or expectation.get('type')})"
    check = DeclaredCheck(
        name=_check_name(where, meta.get("check")),
        severity=_severity(where, expectation.get("severity")),
        columns=tuple(meta.get("columns", ())),
        description=str(meta.get("description", "")),
        runbook=meta.get("runbook"),
        expectation=str(expectation.get("type")),
        kwargs=dict(expectation.get("kwargs") or {}),
    )
    if ROW_QUERY in check.kwargs and "{batch}" not in str(check.kwargs[ROW_QUERY]):
        raise SuiteError(f"{where} does not read its batch: write {{batch}} where {ROW_QUERY} names the table.")
    return check


def _check_name(where: str, given: object) -> str:
    if not isinstance(given, str) or not _CHECK_NAME.fullmatch(given):
        raise SuiteError(f"{where} needs meta.check, a name of letters, digits and underscores; it has {given!r}.")
    return given


def _severity(where: str, given: object) -> Severity:
    for accepted in get_args(Severity):
        if given == accepted:
            return accepted  # type: ignore[no-any-return]
    raise SuiteError(f"{where} has severity {given!r}: write critical or warning.")


def _refuse_repeated(suite_name: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise SuiteError(
            f"Suite {suite_name} declares {', '.join(repeated)} more than once: give each check its own name."
        )
