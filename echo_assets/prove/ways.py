"""The ways along which the same rows become tables, and what differs between them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg

from echo_assets.prove.scratch import Content, Scratch

_ALL = "true"
_EARLY = "hashint8extended(_row_id, {seed}) & 15 >= 5"
_LATE = "hashint8extended(_row_id, {seed}) & 15 < 5"
_SHUFFLED = "hashint8extended(_row_id, {seed} + 1)"
WAYS = ("in order", "twice", "shuffled and late", "full refresh")


@dataclass(frozen=True)
class Proof:
    """What the tables held at the end of each way, the first being the one that the others are compared with."""

    contents: dict[str, Content]

    @property
    def differing(self) -> dict[str, list[str]]:
        """The ways whose content differs, by table; only tables with such a way."""
        first = self.contents[WAYS[0]]
        found = {table: [way for way in WAYS if self.contents[way].get(table) != first[table]] for table in first}
        return {table: ways for table, ways in found.items() if ways}

    @property
    def rows(self) -> dict[str, int]:
        """Rows of each table, built in order."""
        return {table: rows for table, (rows, _) in self.contents[WAYS[0]].items()}


def proved(room: Scratch, origin: psycopg.Connection[Any], seed: int, tell: Callable[[str], None]) -> Proof:
    """Build along every way and compare; about four builds of everything.

    In order: all rows at once. Twice: every day is marked again and built on top. Shuffled and late: two rows of three
    in random order, then the rest, of every source and period, by day and month. Full refresh: on top of that.
    """
    contents: dict[str, Content] = {}

    def ended(way: str) -> None:
        contents[way] = room.content()
        tell(f"{way}: {sum(rows for rows, _ in contents[way].values())} rows in {len(contents[way])} tables")

    room.take_stream(origin)
    _arrive(room, origin, 1, _ALL, "_row_id")
    ended(WAYS[0])
    for contract in room.contracts:
        room.touch(contract, 2, _ALL)
    room.touch_stream(2)
    room.refresh()
    ended(WAYS[1])
    _start_over(room)
    _arrive(room, origin, 3, _EARLY.format(seed=seed), _SHUFFLED.format(seed=seed))
    _arrive(room, origin, 4, _LATE.format(seed=seed), _SHUFFLED.format(seed=seed))
    ended(WAYS[2])
    room.rebuild()
    ended(WAYS[3])
    return Proof(contents)


def _arrive(room: Scratch, origin: psycopg.Connection[Any], mark: int, where: str, order: str) -> None:
    for contract in room.contracts:
        room.take(contract, origin, where, order)
        room.touch(contract, mark, where)
    room.touch_stream(mark)
    room.connection.execute("select setval(pg_get_serial_sequence('ops.loads', 'load_id'), %s)", [mark])
    room.refresh()


def _start_over(room: Scratch) -> None:
    """Empty the staging tables and the ledger, and drop what was built."""
    tables = [f"staging.{contract.source}" for contract in room.contracts]
    ledger = (
        "dirty_days", "built_days", "built_assets", "restatements", "feature_snapshots", "superseded_features",
        "changed_rows",
    )  # fmt: skip
    room.connection.execute(f"truncate {', '.join([*tables, *(f'ops.{table}' for table in ledger)])}".encode())
    for table in room.content():
        room.connection.execute(f"drop table {table.replace('/', '.')} cascade".encode())
