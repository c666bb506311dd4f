"""Rejected rows as people ask for them: a list, one row in full, counts by status, the top reasons, a waiver.

What is asked for is read; only `waive` writes. Values are those of `masking` unless personal data is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Generator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row, dict_row

from echo_quality.contract import Contract
from echo_quality.quarantine.masking import hidden_columns, masked_reasons, masked_row

STATUSES = ("open", "fixed", "waived")
_BLOCK = 1000


class QuarantineError(ValueError):
    """What was asked of the quarantine is not there or cannot be done; the message names it and the fix."""


@dataclass(frozen=True)
class Entry:
    """One rejected row over all loads. `row` is its number in the ledger; last seen in `file` at `row_number`."""

    row: int
    source: str
    status: str
    rules: list[dict[str, Any]]
    file: str
    row_number: int | None
    first_seen_at: datetime
    last_seen_at: datetime
    fixed_by_load: int | None
    fixed_how: str | None
    waived_by: str | None
    waived_at: datetime | None
    waived_reason: str | None

    @property
    def broken(self) -> str:
        """The rules that the row breaks, in one line."""
        return ", ".join(str(rule.get("rule")) for rule in self.rules)

    def as_json(self) -> dict[str, Any]:
        """Plain JSON, moments as text; no value of a file."""
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in asdict(self).items()
        }


def entries(connection: Connection[Any], contracts: Collection[Contract], status: str | None = None) -> list[Entry]:
    """The rejected rows of some sources, newest first."""
    found: list[Entry] = []
    for contract in contracts:
        found += _found(connection, contract, "%(status)s::text is null or known.status = %(status)s", status=status)
    return sorted(found, key=lambda entry: -entry.row)


def entry_of(connection: Connection[Any], contract: Contract, row: int) -> Entry:
    """One rejected row; QuarantineError if the source has none of that number."""
    found = _found(connection, contract, "known.quarantine_id = %(row)s", row=row)
    if not found:
        raise QuarantineError(
            f"{contract.source} has no rejected row {row}: `echoctl quarantine list --source {contract.source}` has all"
        )
    return found[0]


def places_of(
    connection: Connection[Any], contract: Contract, row: int, *, personal: bool = False
) -> list[dict[str, Any]]:
    """Where a rejected row stands now: file, row number, hash, contract version, raw text and reasons; [] if fixed."""
    return list(_rows(connection, contract, "known.quarantine_id = %(row)s", personal=personal, row=row))


def rows_of(
    connection: Connection[Any], contract: Contract, status: str | None = None, *, personal: bool = False
) -> Generator[dict[str, Any]]:
    """Every row that stands in quarantine, in order of load and row number, with its status, raw text and reasons."""
    condition = "%(status)s::text is null or known.status = %(status)s"
    return _rows(connection, contract, condition, personal=personal, status=status)


def counts(connection: Connection[Any], source: str) -> dict[str, int]:
    """How many rejected rows of a source there are by status; equal ones are one."""
    found = connection.execute(
        "select status, count(*) from ops.quarantine_rows where source = %s group by status", [source]
    ).fetchall()
    return dict.fromkeys(STATUSES, 0) | dict(found)


def top_reasons(connection: Connection[Any], source: str, limit: int = 5) -> list[dict[str, Any]]:
    """The rules that most open rows break, with the columns that they are about."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """select broken.value ->> 'rule' as rule,
               coalesce(broken.value ->> 'column', '(the whole line)') as column,
               count(*) as rows from ops.quarantine_rows cross join jsonb_array_elements(rules) as broken
               where source = %s and status = 'open' group by 1, 2 order by 3 desc, 1 limit %s""",
            [source, limit],
        ).fetchall()


def waive(connection: Connection[Any], contract: Contract, rows: Sequence[int], by: str, reason: str) -> list[int]:
    """Accept the loss of open rows, all or none; QuarantineError names a row that is unknown or fixed."""
    if not reason.strip():
        raise QuarantineError("a waiver needs a reason: --reason 'why these rows may be left out'")
    with connection.transaction():
        for row in rows:
            if (entry := entry_of(connection, contract, row)).status == "fixed":
                raise QuarantineError(
                    f"row {row} of {contract.source} is fixed by load {entry.fixed_by_load}: nothing to waive"
                )
        waived = connection.execute(
            """update ops.quarantine_rows set status = 'waived', waived_at = now(), waived_by = %s, waived_reason = %s
               where source = %s and quarantine_id = any (%s) returning quarantine_id""",
            [by, reason.strip(), contract.source, list(rows)],
        ).fetchall()
    return sorted(row for (row,) in waived)


def _found(connection: Connection[Any], contract: Contract, condition: str, **values: Any) -> list[Entry]:
    statement = sql.SQL(_ENTRIES.replace(":condition", condition)).format(
        quarantine=sql.Identifier("quarantine", contract.source)
    )
    with connection.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(statement, {**values, "source": contract.source}).fetchall()


def _rows(
    connection: Connection[Any], contract: Contract, condition: str, *, personal: bool, **values: Any
) -> Generator[dict[str, Any]]:
    hidden = frozenset[str]() if personal else hidden_columns(contract)
    statement = sql.SQL(_ROWS.replace(":condition", condition)).format(
        quarantine=sql.Identifier("quarantine", contract.source)
    )
    with connection.transaction(), connection.cursor("quarantine", row_factory=dict_row) as cursor:
        cursor.itersize = _BLOCK
        for row in cursor.execute(statement, {**values, "source": contract.source}):
            yield {**row, "raw": masked_row(row["raw"], hidden), "reasons": masked_reasons(row["reasons"], hidden)}


_ENTRIES = """
select known.quarantine_id as row, known.source, known.status, known.rules, last.file, place.row_number,
    known.first_seen_at, known.last_seen_at, known.fixed_by_load_id as fixed_by_load, known.fixed_how,
    known.waived_by, known.waived_at, known.waived_reason
from ops.quarantine_rows as known
join ops.loads as last on last.load_id = known.last_load_id
left join lateral (
    select min(bad._row_number) as row_number from {quarantine} as bad
    where bad._fingerprint = known.fingerprint and bad._row_id >> 32 = known.last_load_id
) as place on true
where known.source = %(source)s and (:condition)
"""

_ROWS = """
select known.quarantine_id as row, known.status, loads.file, bad._row_number as row_number,
    bad._file_sha256 as file_sha256, bad._contract_version as contract_version, bad.raw, bad.reasons
from {quarantine} as bad
join ops.loads as loads on loads.load_id = bad._row_id >> 32
join ops.quarantine_rows as known on known.source = %(source)s and known.fingerprint = bad._fingerprint
where (:condition) and loads.status in ('loaded', 'replaced', 'refused')
order by bad._row_id
"""
