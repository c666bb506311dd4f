"""What a data contract says, as frozen values.

These objects are what every generator and the loader read. How a contract is written down (YAML, Open Data Contract
Standard) is in `odcs.py`; what a rule means in a query language is in `rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from echo_quality.over_time import OverTime
from echo_quality.readings import Reading, TotalsRow

if TYPE_CHECKING:
    from echo_quality.extracts.declaration import Server


class ContractError(ValueError):
    """A contract that cannot be used; the message names the file, the offending part and the fix."""


class LogicalType(StrEnum):
    """The types a contract may give a column, in the words of the Open Data Contract Standard."""

    STRING = "string"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    TIMESTAMP = "timestamp"
    JSON = "json"


class Severity(StrEnum):
    """What a violated rule does: `error` quarantines the row, `warning` keeps it and reports it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Column:
    """One column: its type, what is accepted on input, and where its value comes from when the file has none."""

    name: str
    logical_type: LogicalType
    description: str = ""
    required: bool = False
    precision: int = 18
    scale: int = 2
    aliases: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    accepted: tuple[str, ...] = ()
    counted: tuple[str, ...] = ()
    lower_case: bool = False
    accepted_severity: Severity = Severity.ERROR
    known_in: str | None = None
    known: tuple[str, ...] = ()
    """The labels that the seed `known_in` lists, in lower case: another one is kept, and reported."""
    minimum: str | None = None
    maximum: str | None = None
    longest: int | None = None
    pattern: str | None = None
    pattern_severity: Severity = Severity.ERROR
    derived_from: tuple[str, ...] = ()
    computed_as: str | None = None
    default_from: str | None = None
    default: str | None = None
    personal: bool = False
    identifies: str | None = None
    reading: Reading = field(default_factory=Reading)

    @property
    def is_filled_in(self) -> bool:
        """Whether a value can come from elsewhere than the file's own column."""
        return bool(self.derived_from or self.computed_as or self.default_from or self.default)

    @property
    def must_be_present(self) -> bool:
        """Whether a file without this column is refused: required, and no other way to a value."""
        return self.required and not self.is_filled_in


@dataclass(frozen=True)
class RowRule:
    """A condition over several columns of one row, as SQL that PostgreSQL and DuckDB read alike; NULL passes."""

    name: str
    expression: str
    columns: tuple[str, ...]
    severity: Severity = Severity.ERROR
    description: str = ""


@dataclass(frozen=True)
class Dialect:
    """How to read the files of a source; None means: detect it.

    `sheet` is a name, or a position from 1. `header_row` is the line, or the row of the sheet, from 1; `header_rows` is
    how many rows from there on make up the header.
    """

    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | int | None = None
    header_row: int | None = None
    header_rows: int | None = None


@dataclass(frozen=True)
class Contract:
    """All that is declared about one source. `event_column` says which day a row belongs to."""

    source: str
    version: str
    owner: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    event_column: str
    suite: str
    rules: tuple[RowRule, ...] = ()
    conserved: str | None = None
    timezone: str = "UTC"
    max_rejected_share: float = 0.05
    freshness_hours: float | None = None
    over_time: OverTime = field(default_factory=OverTime)
    grain: str = ""
    held_by: tuple[str, ...] = ()
    """`asset check` of what belongs to the suite but needs other tables, and is asked where those are read."""
    dialect: Dialect = field(default_factory=Dialect)
    server: Server | None = None
    totals_row: TotalsRow | None = None

    def column(self, name: str) -> Column:
        """The column of that name; ContractError names the contract and the columns there are."""
        for column in self.columns:
            if column.name == name:
                return column
        known = ", ".join(column.name for column in self.columns)
        raise ContractError(f"contract {self.source!r} has no column {name!r}; it has {known}")

    def is_extracted(self, file: str) -> bool:
        """Whether a file of the source, by its name, is one that is written from its server."""
        return self.server is not None and file.startswith(f"{self.server.name}/")

    @property
    def names(self) -> tuple[str, ...]:
        """The canonical column names, in order."""
        return tuple(column.name for column in self.columns)
