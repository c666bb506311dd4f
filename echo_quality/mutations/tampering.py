"""Breaking each invariant on purpose, on the tables of a source that exists only inside a transaction that is undone.

Nothing of the warehouse is changed or locked but the ledger's own rows of that source.
"""

from __future__ import annotations

from typing import Any, LiteralString

from psycopg import Connection, sql

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate.tables import tables_sql
from echo_quality.invariants import INVARIANTS, QUARANTINE_INVARIANTS, RAW_INVARIANTS, Invariant
from echo_quality.mutations.judging import Mutated

_SOURCE = "echo_mutation_probe"
_PROBE = Contract(
    source=_SOURCE, version="1.0.0", owner="nobody", description="", suite="probe", key=("id",), event_column="day",
    conserved="amount",
    columns=(
        Column("id", LogicalType.STRING, required=True),
        Column("day", LogicalType.DATE, required=True),
        Column("amount", LogicalType.NUMBER),
    ),
)  # fmt: skip
_BY_LAYER = {"staging": INVARIANTS, "raw": RAW_INVARIANTS, "quarantine": QUARANTINE_INVARIANTS}

_LOAD: LiteralString = """
insert into ops.loads (source, file, partition_key, sha256, bytes, modified_ns, contract_version, max_rejected_share,
    rows_in_file, staged, withheld, quarantined, duplicates,
    money_in_file, money_staged, money_withheld, money_quarantined, money_duplicates, status)
values ({source}, {status}, {status}, 'x', 1, 1, '1.0.0', 1,
    {rows}, {good}, 0, {bad}, 0, {good}, {good}, 0, 0, 0, {status})
returning load_id
"""
_ROWS: tuple[LiteralString, ...] = (
    "insert into raw.{table} (_row_id, id, day, amount)"
    " select ({load}::bigint << 32) + n, n::text, '2024-01-02', '1' from generate_series(1, 3) as n",
    "insert into staging.{table} (_row_id, id, day, amount)"
    " select ({load}::bigint << 32) + n, n::text, '2024-01-02', 1 from generate_series(1, 2) as n",
    "insert into quarantine.{table} (_row_id, _file_sha256, _row_number, _contract_version, raw, reasons)"
    " values (({load}::bigint << 32) + 3, 'x', 3, '1.0.0', '{{}}', '[{{\"rule\": \"id_not_null\"}}]')",
)
"""A load of three rows, of which two were published and one was rejected."""

_TAMPERING: dict[str, LiteralString] = {
    "rows_are_conserved": "update ops.loads set quarantined = 2, rows_in_file = 3 where load_id = {load}",
    "money_is_conserved": "update staging.{table} set amount = amount + 0.01 where id = '1'",
    "keys_are_unique": "update staging.{table} set id = '1'",
    "no_refused_load_open": "select 1",
    "rows_have_landed": "delete from raw.{table} where id = '1'",
    "rejections_have_reasons": "update quarantine.{table} set reasons = '[]'",
}
"""What breaks each invariant and no other. A new invariant needs a line here, or it counts as unable to fail."""


def mutate_invariants(connection: Connection[Any]) -> tuple[Mutated, ...]:
    """Break each invariant, and undo everything; the tables of the ledger must be there."""
    with connection.transaction(force_rollback=True):
        connection.execute(tables_sql(_PROBE).encode())
        load = _load(connection, "loaded", good=2, bad=1)
        for statement in _ROWS:
            connection.execute(_filled(statement, load))
        return tuple(
            Mutated("invariants", layer, invariant.name, reason=_reason(connection, invariant, load))
            for layer, invariants in _BY_LAYER.items()
            for invariant in invariants
        )


def _reason(connection: Connection[Any], invariant: Invariant, load: int) -> str | None:
    """Why the invariant is not able to fail, None if it is."""
    statement = _TAMPERING.get(invariant.name)
    if statement is None:
        return "nothing is known that breaks it: add a line to echo_quality/mutations/tampering.py"
    if early := _red(connection):
        return f"over sound tables, red were: {', '.join(sorted(early))}"
    with connection.transaction(force_rollback=True):
        connection.execute(_filled(statement, load))
        if invariant.name == "no_refused_load_open":
            _load(connection, "refused", good=0, bad=0)
        red = _red(connection)
    return None if red == {invariant.name} else f"it was broken, and red were: {', '.join(sorted(red)) or 'none'}"


def _red(connection: Connection[Any]) -> set[str]:
    every = [invariant for invariants in _BY_LAYER.values() for invariant in invariants]
    return {invariant.name for invariant in every if invariant.offenders(connection, _PROBE)}


def _load(connection: Connection[Any], status: str, *, good: int, bad: int) -> int:
    parts = {"source": _SOURCE, "status": status, "rows": good + bad, "good": good, "bad": bad}
    statement = sql.SQL(_LOAD).format(**{name: sql.Literal(value) for name, value in parts.items()})
    row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


def _filled(statement: LiteralString, load: int) -> sql.Composed:
    return sql.SQL(statement).format(table=sql.Identifier(_SOURCE), load=sql.Literal(load))
