"""Taking a person out of the tables of a source and out of samples of checks and alerts, within one transaction.

Typed rows and raw texts of the person keep everything that is not personal under the token, so that every count and
every sum stays as it was. Rejected rows keep their reasons without the values.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from echo_quality.contract import Contract
from echo_quality.erasure.identity import Erased, identity_columns, personal_columns
from echo_quality.erasure.redaction import blank, redacted, redacted_reasons
from echo_quality.generate.typing_sql import derived_key
from echo_quality.loading import settle

Rows = list[tuple[Any, ...]]
Params = dict[str, Any]
_BLANKS = sql.Literal(" \t\r\n\u00a0")


@dataclass
class Found:
    """What one source held of the person: rows by place, the business days and loads that they belong to."""

    rows: Counter[str] = field(default_factory=Counter)
    days: settle.Days = field(default_factory=set)
    loads: set[int] = field(default_factory=set)


def personal_values(connection: Connection[Any], contract: Contract, person: str) -> set[str]:
    """What else is personal in the rows of a person, as text."""
    columns, ids = personal_columns(contract), identity_columns(contract)
    if not columns or not ids:
        return set()
    values = sql.SQL(", ").join(map(sql.Identifier, columns))
    rows = connection.execute(
        sql.SQL("select {} from {} where {}").format(values, _table("raw", contract), _is(ids)), {"person": person}
    ).fetchall()
    return {value.strip() for row in rows for value in row if value and value.strip()}


def erase_from(
    connection: Connection[Any], contract: Contract, person: str, token: str, erased: Erased, known: set[str],
    timezone: str,
) -> Found:  # fmt: skip
    """Redact everything that the tables of a source hold of the person; `known` is what else is personal, in clear."""
    found = Found()
    values: Params = {"person": person, "token": token, "timezone": timezone}
    _redact_odd_rows(connection, contract, erased, known, found)
    _redact_raw(connection, contract, values, found)
    for table in (contract.source, f"{contract.source}_shadow"):
        _redact_typed(connection, contract, table, values, found)
    _redact_rejected(connection, contract, erased, found)
    return found


def erase_from_results(connection: Connection[Any], contract: Contract, person: str, token: str) -> int:
    """Put the token for the id wherever a sample of a check or an alert shows it under the name of its column."""
    changed = 0
    for column in identity_columns(contract):
        for shown in (column, f"{column}__text"):
            for statement in _SAMPLES:
                values = {"old": as_shown(shown, person), "new": as_shown(shown, token)}
                changed += connection.execute(statement, values).rowcount
    return changed


_SAMPLES = (
    """update ops.check_results set metadata = replace(metadata::text, %(old)s, %(new)s)::jsonb
       where strpos(metadata::text, %(old)s) > 0""",
    """update ops.alerts set metadata = replace(metadata::text, %(old)s, %(new)s)::jsonb
       where strpos(metadata::text, %(old)s) > 0""",
)


def as_shown(column: str, value: str) -> str:
    """A column with its value as JSON writes it."""
    return f"{json.dumps(column)}: {json.dumps(value, ensure_ascii=False)}"


def to_be_derived_again(connection: Connection[Any], contract: Contract, loads: set[int]) -> int:
    """Ask for loads to be read again whose rows took their key from the person's id; how many there are."""
    key = derived_key(contract)
    if key is None or not set(key.derived_from) & set(identity_columns(contract)):
        return 0
    return connection.execute(
        """update ops.loads set replay_at = now() where load_id = any (%s) and status in ('loaded', 'replaced')
           and coalesce((notes -> 'keys' ->> 'has_derived')::boolean, true)""",
        [sorted(loads)],
    ).rowcount


def _redact_raw(connection: Connection[Any], contract: Contract, values: Params, found: Found) -> None:
    changes = [*_changes(contract), sql.SQL("_extra = null")]
    rows = _updated(connection, _table("raw", contract), changes, contract, values, sql.SQL("_row_id >> 32"))
    found.rows["raw rows"] += len(rows)
    found.loads |= {load for (load,) in rows}


def _redact_odd_rows(
    connection: Connection[Any], contract: Contract, erased: Erased, known: set[str], found: Found
) -> None:
    """Lines that fit no header, rows without an id, and rows whose cells are shifted: each is looked at by itself."""
    raw = _table("raw", contract)
    texts = sql.SQL(", ").join(
        sql.SQL("btrim({}, {})").format(sql.Identifier(name), _BLANKS) for name in contract.names
    )
    statement = sql.SQL(
        "select _row_id, to_jsonb(raw) - '_row_id' from {} as raw where _unparsed is not null or %s && array[{}]"
    ).format(raw, texts)
    for row_id, row in connection.execute(statement, [sorted(known)]).fetchall():
        left = redacted(contract, row, erased)
        if left is not None:
            changes = sql.SQL(", ").join(
                sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(left[name]))
                for name in row
                if left[name] != row[name]
            )
            connection.execute(sql.SQL("update {} set {} where _row_id = {}").format(raw, changes, row_id))
            found.rows["raw rows"] += 1
            found.loads.add(row_id >> 32)


def _redact_typed(connection: Connection[Any], contract: Contract, table: str, values: Params, found: Found) -> None:
    rows = _updated(
        connection, sql.Identifier("staging", table), _changes(contract), contract, values,
        sql.SQL("_row_id >> 32, {}").format(settle.day_of(contract)),
    )  # fmt: skip
    found.rows["staging rows" if table == contract.source else "shadow rows"] += len(rows)
    found.loads |= {load for load, _ in rows}
    if table == contract.source:
        found.days |= {day for _, day in rows}


def _redact_rejected(connection: Connection[Any], contract: Contract, erased: Erased, found: Found) -> None:
    """Rejected rows are few, so each is looked at; the ledger of their status goes on under the new text."""
    table = _table("quarantine", contract)
    rows = connection.execute(sql.SQL("select _row_id, raw, reasons, _fingerprint from {}").format(table)).fetchall()
    for row_id, raw, reasons, fingerprint in rows:
        if (left := redacted(contract, raw, erased)) is None:
            continue
        kept = {column: text for column, text in left.items() if text is not None}
        changed = connection.execute(
            sql.SQL("update {} set raw = %s, reasons = %s where _row_id = %s returning _fingerprint").format(table),
            [Jsonb(kept), Jsonb(redacted_reasons(reasons, raw, left)), row_id],
        ).fetchone()
        repoint(connection, contract, fingerprint, changed[0] if changed else fingerprint)
        found.rows["rejected rows"] += 1


def repoint(connection: Connection[Any], contract: Contract, old: str, new: str) -> None:
    """Let the status of a rejected row go on under its new text; where that is known already, the old one goes."""
    names = {"source": contract.source, "old": old, "new": new}
    connection.execute(
        """update ops.quarantine_rows set fingerprint = %(new)s where source = %(source)s and fingerprint = %(old)s
           and not exists (select 1 from ops.quarantine_rows where source = %(source)s and fingerprint = %(new)s)""",
        names,
    )
    if old != new:
        connection.execute("delete from ops.quarantine_rows where source = %(source)s and fingerprint = %(old)s", names)


def repoint_texts(
    connection: Connection[Any], contract: Contract, rows: Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]
) -> None:
    """The same for rows of archived files, before and after: they may have been rejected, and fixed since."""
    for before, after in rows:
        texts = [Jsonb({name: text for name, text in row.items() if text is not None}) for row in (before, after)]
        found = connection.execute("select md5((%s::jsonb)::text), md5((%s::jsonb)::text)", texts).fetchone()
        if found is not None:
            repoint(connection, contract, *found)


def _updated(
    connection: Connection[Any], table: sql.Composable, changes: list[sql.Composed | sql.SQL], contract: Contract,
    values: Params, returning: sql.Composable,
) -> Rows:  # fmt: skip
    ids = identity_columns(contract)
    if not ids:
        return []
    statement = sql.SQL("update {} set {} where {} returning {}").format(
        table, sql.SQL(", ").join(changes), _is(ids), returning
    )
    return connection.execute(statement, values).fetchall()


def _changes(contract: Contract) -> list[sql.Composed | sql.SQL]:
    """Assignments: the token where the id stands, nothing where personal data stands."""
    ids = [
        sql.SQL("{0} = case when btrim({0}, {1}) = %(person)s then %(token)s else {0} end").format(
            sql.Identifier(name), _BLANKS
        )
        for name in identity_columns(contract)
    ]
    gone = [
        sql.SQL("{} = {}").format(sql.Identifier(name), sql.Literal(blank(contract.column(name))))
        for name in personal_columns(contract)
    ]
    return [*ids, *gone]


def _is(ids: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("({})").format(
        sql.SQL(" or ").join(
            sql.SQL("btrim({}, {}) = %(person)s").format(sql.Identifier(name), _BLANKS) for name in ids
        )
    )


def _table(schema: str, contract: Contract) -> sql.Identifier:
    return sql.Identifier(schema, contract.source)
