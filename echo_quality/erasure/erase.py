"""One erasure from end to end: all tables in one transaction, then the files of the lake, which can be repeated.

From the commit of that transaction on, nobody sees the person and nothing brings them back; what is left to do is known
from `ops.erasures` alone and without the person's id, so that whoever comes next finishes an erasure that was cut off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from echo_quality.contract import Contract
from echo_quality.erasure import lake as lake_files
from echo_quality.erasure import tables
from echo_quality.erasure.identity import (
    Erased,
    erased_so_far,
    hashed,
    hashes_of,
    holds_persons,
    identity_columns,
    new_token,
    salt_of,
)
from echo_quality.erasure.places import Handler
from echo_quality.loading.dirty_days import mark_days
from echo_quality.loading.loads import lock_source
from echo_quality.loading.prepare import prepare
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.typed_rows import Engine


class ErasureError(ValueError):
    """An erasure that cannot be begun; the message names why."""


@dataclass(frozen=True)
class Erasure:
    """An erasure as the ledger has it: the token, and how much was redacted in each place."""

    token: str
    counts: Mapping[str, int]
    to_be_read_again: int


def erase(
    connection: Connection[Any], contracts: Collection[Contract], person: str, by: str, lake: Path, timezone: str,
    handlers: Mapping[str, Handler] | None = None,
) -> Erasure:  # fmt: skip
    """Take a person out of every table, in one transaction; `finish` does the rest. Repeating it is harmless.

    `handlers` are those of places that only the id leads to, by the names of `places`; they run before the commit.
    """
    if not person.strip():
        raise ErasureError("no id given: say whom to erase, as the files write the id")
    person, salt, found, replays = person.strip(), salt_of(lake), Counter[str](), 0
    concerned = [contract for contract in contracts if holds_persons(contract)]
    with connection.transaction():
        for contract in concerned:
            lock_source(connection, contract.source)
        values = {value for each in concerned for value in tables.personal_values(connection, each, person)}
        token = _entered(connection, hashed(salt, person), hashes_of(salt, values), by)
        erased = erased_so_far(connection, lake)
        assert erased is not None  # noqa: S101 - it was entered just now
        for contract in concerned:
            here = tables.erase_from(connection, contract, person, token, erased, values, timezone)
            _mark_dirty(connection, contract, here)
            found += here.rows
            replays += tables.to_be_derived_again(connection, contract, here.loads)
            found["check results"] += tables.erase_from_results(connection, contract, person, token)
        for place, handler in (handlers or {}).items():
            found[place] += handler(person, token)
        _count(connection, token, found)
    return Erasure(token, dict(+found), replays)


def finish(connection: Connection[Any], contracts: Collection[Contract], lake: Path, engine: Engine) -> dict[str, int]:
    """Finish every erasure that was begun: redact the files of the lake; what was redacted, by place."""
    begun = connection.execute("select token from ops.erasures where status = 'begun'").fetchall()
    erased = erased_so_far(connection, lake) if begun else None
    if erased is None:
        return {}
    found: Counter[str] = Counter()
    for contract in contracts:
        if holds_persons(contract):
            found["archived files"] += _redact_archived(connection, contract, lake, erased, engine)
            found["Parquet copies"] += _redact_copies(contract, lake, erased)
    for (token,) in begun:
        _count(connection, token, found)
    connection.execute("update ops.erasures set status = 'done', done_at = now() where status = 'begun'")
    return dict(+found)


def forget_if_nowhere(connection: Connection[Any], token: str) -> bool:
    """Drop an erasure that found nothing anywhere: most likely a mistyped id, which must not block anybody."""
    return bool(connection.execute("delete from ops.erasures where token = %s and counts = '{}'", [token]).rowcount)


def still_holding(
    contracts: Mapping[str, Contract], files: Iterable[SourceFile], erased: Erased, engine: Engine
) -> list[Path]:
    """The files of the landing folder in which somebody who was erased still stands; none that cannot be read."""
    found = []
    for file in files:
        contract = contracts[file.source]
        try:
            table = prepare(file.path, file.name, contract, engine.workspace, limits=engine.limits)
        except RefusedFile:
            continue
        if lake_files.holds(contract, table, erased, engine):
            found.append(file.path)
    return found


def _entered(connection: Connection[Any], person: str, known: list[str], by: str) -> str:
    """Enter the person, or begin again with one who was erased before; the token."""
    row = connection.execute(
        """insert into ops.erasures (person, token, known, erased_by) values (%s, %s, %s, %s)
           on conflict (person) do update set status = 'begun', erased_by = excluded.erased_by,
               known = array(select distinct unnest(erasures.known || excluded.known))
           returning token""",
        [person, new_token(), known, by],
    ).fetchone()
    return str(row[0]) if row else ""


def _mark_dirty(connection: Connection[Any], contract: Contract, found: tables.Found) -> None:
    """The days of the person's rows are built again: with a mark of its own, since no load has touched them."""
    mark_days(connection, contract.source, found.days)


def _count(connection: Connection[Any], token: str, found: Counter[str]) -> None:
    """Add what was redacted to the ledger's counts."""
    row = connection.execute("select counts from ops.erasures where token = %s", [token]).fetchone()
    together = +(Counter[str](row[0] if row else {}) + found)
    connection.execute("update ops.erasures set counts = %s where token = %s", [Jsonb(dict(together)), token])


def _redact_archived(
    connection: Connection[Any], contract: Contract, lake: Path, erased: Erased, engine: Engine
) -> int:
    """Redact the archived bytes of every load there ever was, superseded and refused ones included."""
    rows = connection.execute(
        "select distinct on (sha256) sha256, file from ops.loads where source = %s", [contract.source]
    ).fetchall()
    redacted = 0
    for sha256, file in rows:
        archived = lake / "raw" / sha256[:2] / sha256
        if not archived.is_file():
            continue
        try:
            found = lake_files.redact_file(contract, file, archived, erased, engine)
        except RefusedFile:
            found = lake_files.redact_lines(archived, erased)
        if found is not None:
            lake_files.note(connection, archived, found)
            tables.repoint_texts(connection, contract, found.rows)
            redacted += 1
    return redacted


def _redact_copies(contract: Contract, lake: Path, erased: Erased) -> int:
    folder = lake / "staging" / contract.source
    if not identity_columns(contract):
        return 0
    return sum(bool(lake_files.redact_parquet(contract, path, erased)) for path in sorted(folder.glob("*.parquet")))
