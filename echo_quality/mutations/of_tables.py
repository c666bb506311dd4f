"""Candidates for the checks of a suite on a table: typed cells, from the expectation and the types of the columns."""

from __future__ import annotations

from collections.abc import Mapping

from echo_quality.expectations import TableSuite
from echo_quality.mutations.case import Candidates, Cells
from echo_quality.mutations.of_columns import tries_of
from echo_quality.mutations.search import columns_of, found, tries
from echo_quality.suites.declarations import DeclaredCheck, declared_checks

ROW_COUNT = "expect_table_row_count_to_be_between"
_PRESENT = "expect_column_values_to_not_be_null"


def candidates_of_table(suite: TableSuite, types: Mapping[str, str]) -> tuple[Candidates, ...]:
    """For each check of the suite, in its order; `types` are those of the table's columns."""
    return tuple(_candidates(suite, check, types) for check in declared_checks(suite.suite))


def sound_cells(suite: TableSuite, types: Mapping[str, str]) -> Cells:
    """The cells that a row must have so that no check is red: those whose absence breaks one."""
    present = [each for each in declared_checks(suite.suite) if each.expectation == _PRESENT]
    found = {
        str(each.kwargs["column"]): tries_of(_PRESENT, each.kwargs, types[str(each.kwargs["column"])])
        for each in present
    }
    return {column: cells[1][-1] for column, cells in found.items() if cells}


def of_row_count(check: DeclaredCheck) -> Candidates:
    """For a rule about the number of rows; without a bound that can be passed it has none."""
    least, most = check.kwargs.get("min_value") or 0, check.kwargs.get("max_value")
    if most is not None and most < least:
        return Candidates(check.name, breaking=({},))
    if least == 0 and most is None:
        return Candidates(check.name, keeping=({},))
    return Candidates(check.name, by_count=(least - 1 if least else int(most or 0) + 1, least))


def _candidates(suite: TableSuite, check: DeclaredCheck, types: Mapping[str, str]) -> Candidates:
    if check.expectation == ROW_COUNT:
        return of_row_count(check)
    column = str(check.kwargs["column"])
    if " over (" in suite.computed.get(column, ""):
        return Candidates(check.name, twice=True)
    if column in suite.computed:
        return _of_expression(check, suite.computed[column], types)
    breaking, keeping = tries_of(check.expectation, check.kwargs, types[column]) or ([], [])
    return Candidates(check.name, _as_cells(column, breaking), _as_cells(column, keeping))


def _as_cells(column: str, values: list[str | None]) -> tuple[Cells, ...]:
    return tuple({column: value} for value in values)


def _of_expression(check: DeclaredCheck, expression: str, types: Mapping[str, str]) -> Candidates:
    """What is computed of several columns: whether a condition holds, or a number within bounds."""
    choices = {column: tries(types[column], expression) for column in columns_of(expression, types)}
    keeps = _condition(check, expression)
    return Candidates(check.name, found(types, choices, f"not ({keeps})"), found(types, choices, keeps))


def _condition(check: DeclaredCheck, expression: str) -> str:
    arguments = check.kwargs
    if "value_set" in arguments:
        return f"({expression})" if arguments["value_set"] else f"({expression}) is null and false"
    parts = [
        f"({expression}) {sign}{'' if arguments.get(f'strict_{end}') else '='} {arguments[f'{end}_value']}"
        for end, sign in (("min", ">"), ("max", "<"))
        if arguments.get(f"{end}_value") is not None
    ]
    return " and ".join(parts) or f"({expression}) is not null"
