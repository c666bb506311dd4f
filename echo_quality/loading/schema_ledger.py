"""Keeping what changed in the columns of files, in `ops.schema_changes`, in the transaction that lands or publishes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from psycopg import Connection, sql

from echo_quality.contract import Contract
from echo_quality.loading.loads import ACCEPTED, Load
from echo_quality.loading.refusal import RefusedFile
from echo_quality.over_time import SchemaMode
from echo_quality.rules import Kind as RuleKind
from echo_quality.rules import rules_of
from echo_quality.schema_changes import Header, SchemaChange, header_changes, refusal, type_change

_INSERT = """
insert into ops.schema_changes (load_id, source, file, kind, "column", class, what, answer, proposal)
select load_id, source, file, %s, %s, %s, %s, %s, %s from ops.loads where load_id = %s
"""
_BEFORE = """
select notes, contract_version from ops.loads
where source = %s and status = any (%s) and notes ? 'header' order by load_id desc limit 1
"""


def refuse_frozen(connection: Connection[Any], contract: Contract, notes: dict[str, Any]) -> None:
    """RefusedFile if the columns have changed and the contract freezes them.

    The last accepted load counts if it was read by the same version of the contract: a new version may leave out what
    an old one had. What is in no contract is always a change.
    """
    header = Header.from_notes(notes)
    if header is None or contract.over_time.schema_mode is not SchemaMode.FREEZE:
        return
    before, version = _last_header(connection, contract)
    known = replace(before, unknown=()) if before and version == contract.version else None
    if reason := refusal(header_changes(contract, header, known)):
        raise RefusedFile(reason, notes)


def note_header(connection: Connection[Any], contract: Contract, load_id: int, notes: dict[str, Any]) -> None:
    """Write down how the columns of a file, landed or refused, differ from those of the last accepted load."""
    header = Header.from_notes(notes)
    if header is not None:
        keep(connection, load_id, header_changes(contract, header, _last_header(connection, contract)[0]))


def _last_header(connection: Connection[Any], contract: Contract) -> tuple[Header | None, str | None]:
    """The header of the last accepted load, and the version of the contract that it was read by."""
    row = connection.execute(_BEFORE, [contract.source, list(ACCEPTED)]).fetchone()
    return (Header.from_notes(row[0]), str(row[1])) if row else (None, None)


def note_types(
    connection: Connection[Any], contract: Contract, load: Load, violations: dict[str, int], *, refused: bool
) -> None:
    """Write down the columns most of whose values cannot be read, once a load was judged."""
    broken = {
        rule.columns[0]: violations[rule.name]
        for rule in rules_of(contract)
        if rule.kind is RuleKind.VALID and violations.get(rule.name)
    }
    found = [
        type_change(name, unreadable, _values(connection, contract, load, name, 2 * unreadable), refused=refused)
        for name, unreadable in broken.items()
    ]
    keep(connection, load.load_id, [change for change in found if change])


def _values(connection: Connection[Any], contract: Contract, load: Load, column: str, enough: int) -> int:
    """How many values a column of the file has, counted no further than is enough to decide."""
    row = connection.execute(
        sql.SQL(
            """select count(*) from (
                select from {} where _row_id between %s and %s and trim({}) <> '' limit %s
            ) as there"""
        ).format(sql.Identifier("raw", contract.source), sql.Identifier(column)),
        [load.first_row_id, load.first_row_id + 4294967295, enough],
    ).fetchone()
    return int(row[0]) if row else 0


def keep(connection: Connection[Any], load_id: int, changes: Iterable[SchemaChange]) -> None:
    """Add the changes of one load to the history."""
    for each in changes:
        connection.execute(
            _INSERT, [each.kind.value, each.column, each.severity, each.what, each.answer, each.proposal, load_id]
        )
