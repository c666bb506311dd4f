"""Reading a REST API into windows: all records are collected first, each once, then handed out in order."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from echo_quality.contract import Contract
from echo_quality.extracts.asking import Asking
from echo_quality.extracts.declaration import Api, Server
from echo_quality.extracts.errors import ExtractError
from echo_quality.extracts.pages import Pages, Record, at_path, records_of
from echo_quality.extracts.reading import WindowRows, missing_columns
from echo_quality.extracts.values import json_text, parsed_json, text_of
from echo_quality.extracts.windows import Range, Start, grid_of

_WALKS = 3
Pause = Callable[[float], None]


def windows(
    contract: Contract,
    server: Server,
    api: Api,
    secret: str,
    wanted: Range,
    workspace: Path,
    pause: Pause | None = None,
) -> Iterator[WindowRows]:
    """The windows of a range, in order, records sorted; what an API repeats across pages is there once."""
    lifted = [alias for column in contract.columns for alias in (column.name, *column.aliases) if "." in alias]
    for walk in range(_WALKS):
        with (
            closing(_store(workspace / f"records-{walk}.sqlite")) as store,
            _asking(server, api, secret, pause) as asking,
        ):
            pages = Pages(asking, _filters(api, wanted))
            cursors, repeated = _collect(store, pages, server, wanted, lifted)
            count = pages.received - repeated
            if pages.total is None or (count >= pages.total and not pages.has_shifted):
                yield from _handed_out(store, contract, cursors)
                return
    raise ExtractError(
        f"{server.name}: it says that there are {pages.total} records and gives {count}, {_WALKS} times: what changes"
        " meanwhile slips from page to page; declare paging by cursor or link if the API has it"
    )


def header_of(server: Server, api: Api, secret: str, pause: Pause | None = None) -> list[str]:
    """The keys of the records on the first page."""
    with _asking(server, api, secret, pause) as asking:
        answer = asking.ask(api.location, Pages(asking, {}).first)
    return sorted({key for record in records_of(answer.content, api.records) for key in record})


@contextmanager
def _asking(server: Server, api: Api, secret: str, pause: Pause | None) -> Iterator[Asking]:
    import httpx

    headers = {"Accept": "application/json", **dict(api.headers)}
    if api.auth_variable:
        headers[api.auth_header] = f"{api.auth_prefix}{secret}"
    with httpx.Client(headers=headers, timeout=api.timeout, follow_redirects=False) as client:
        yield Asking(server.name, api, client, secret, pause or time.sleep)


def _filters(api: Api, wanted: Range) -> dict[str, str]:
    """The parameters that ask for a range only, as far as the API has them."""
    bounds = ((api.since_parameter, wanted.lower), (api.until_parameter, wanted.upper))
    return {name: _bound(api, bound) for name, bound in bounds if name and bound is not None}


def _bound(api: Api, start: Start) -> str:
    if isinstance(start, date):
        return datetime(start.year, start.month, start.day, tzinfo=UTC).strftime(api.time_format)
    return str(start)


def _store(path: Path) -> sqlite3.Connection:
    """A file that sorts records and keeps each once, however many there are."""
    store = sqlite3.connect(path, isolation_level=None)
    store.execute("pragma journal_mode = off")
    store.execute("create table records (start text, line text, primary key (start, line)) without rowid")
    store.execute("begin")
    return store


def _collect(
    store: sqlite3.Connection, pages: Pages, server: Server, wanted: Range, lifted: list[str]
) -> tuple[dict[str, tuple[Start | None, Any]], int]:
    """Put every record into its window; for each window its start and highest cursor, and how many came twice."""
    grid, cursors, repeated = grid_of(server.cursor), dict[str, tuple[Start | None, Any]](), 0
    for record in pages.records():
        start, value = None, None
        if grid is not None and server.cursor is not None:
            found = record.get(server.cursor.column) or at_path(record, server.cursor.column)
            if found not in (None, ""):
                value = grid.value(found)
                start = grid.start(value)  # type: ignore[arg-type]
                if not _is_wanted(start, wanted, server):
                    continue
        name = "" if start is None or grid is None else grid.name(start)
        highest = cursors.get(name, (start, value))[1]
        cursors[name] = (start, value if highest is None else max(highest, value))
        line = json_text(_with_lifted(record, lifted))
        repeated += 1 - store.execute("insert or ignore into records values (?, ?)", [name, line]).rowcount
    return cursors, repeated


def _is_wanted(start: Start, wanted: Range, server: Server) -> bool:
    """Whether a record's window was asked for; an API that ignores `since` would leave windows half filled."""
    api = server.place
    if wanted.holds(start):
        return True
    asked = isinstance(api, Api) and api.since_parameter
    if asked and wanted.lower is not None and start < wanted.lower:  # type: ignore[operator]
        raise ExtractError(
            f"{server.name}: asked for what is new since {wanted.lower}, it gives a record of {start}: sinceParameter"
            " must filter by the cursorColumn"
        )
    return False


def _with_lifted(record: Record, lifted: list[str]) -> Record:
    """The record with the nested values that the contract names by a dotted path beside it."""
    found = {path: at_path(record, path) for path in lifted if path not in record}
    return {**record, **{path: value for path, value in found.items() if value is not None}}


def _handed_out(
    store: sqlite3.Connection, contract: Contract, cursors: Mapping[str, tuple[Start | None, Any]]
) -> Iterator[WindowRows]:
    for name in sorted(cursors, key=lambda each: (each == "", each)):
        start, cursor = cursors[name]
        header = _header(store, contract, name)
        yield WindowRows(start, header, _rows(store, name, header), cursor)


def _header(store: sqlite3.Connection, contract: Contract, name: str) -> list[str]:
    found: set[str] = set()
    for record in _records(store, name):
        found |= record.keys()
    return [*sorted(found), *missing_columns(contract, sorted(found))]


def _rows(store: sqlite3.Connection, name: str, header: list[str]) -> Iterator[list[str]]:
    for record in _records(store, name):
        yield [text_of(record.get(key), key) for key in header]


def _records(store: sqlite3.Connection, name: str) -> Iterator[Mapping[str, Any]]:
    for (line,) in store.execute("select line from records where start = ? order by line", [name]):
        yield parsed_json(line.encode())
