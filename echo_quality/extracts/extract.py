"""Extracting one source: read its server from where it was left, write a file a window, remember what stands."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.extracts import api, database, ledger
from echo_quality.extracts.declaration import Api, Server
from echo_quality.extracts.errors import ExtractError
from echo_quality.extracts.reading import WindowRows, missing_columns
from echo_quality.extracts.window_files import PARTIAL, Written, write
from echo_quality.extracts.windows import ALL, UNDATED, Grid, Range, Start, grid_of
from echo_quality.loading.header import HeaderMatch, match_header


@dataclass(frozen=True)
class Asked:
    """What to read and with what: the secrets by the variable that holds them, where to write, what is now.

    `wanted` is a range that a person asked for; None means: from where the cursor was left. `may_be_empty` accepts that
    a server which had rows has none any more.
    """

    secrets: Mapping[str, str] = field(repr=False)
    folder: Path
    workspace: Path
    now: datetime
    wanted: Range | None = None
    may_be_empty: bool = False
    pause: api.Pause | None = None


@dataclass(frozen=True)
class Extracted:
    """What one extract did: the files that stand for the windows it read, in order."""

    since: Start | None
    files: tuple[Written, ...]

    @property
    def rows(self) -> int:
        """Rows of all windows that were read."""
        return sum(file.rows for file in self.files)

    @property
    def changed(self) -> tuple[Written, ...]:
        """The files that are new or have other bytes than before."""
        return tuple(file for file in self.files if file.is_changed)


def server_declared(contract: Contract) -> Server:
    """The contract's server; ExtractError if it has none."""
    if contract.server is None:
        raise ExtractError(f"{contract.source} is a source of files: its contract declares no server")
    return contract.server


def extract(connection: Connection[Any], contract: Contract, asked: Asked) -> Extracted:
    """Read the server of a source into its landing folder. The connection must commit each statement by itself."""
    server = server_declared(contract)
    with ledger.alone(connection, contract.source), tempfile.TemporaryDirectory(dir=asked.workspace) as workspace:
        _clean(asked.folder / server.name)
        stands, grid = ledger.standing(connection, contract.source), grid_of(server.cursor)
        left = stands.resumed(grid, asked.now)
        wanted = asked.wanted or Range(due_since(connection, contract, asked.now))
        follows = wanted.lower is None or (left is not None and wanted.lower <= left)  # type: ignore[operator]
        writing = _Writing(connection, contract, server, asked, grid, wanted, stands, moves_cursor=follows)
        with _windows(contract, server, asked, wanted, Path(workspace)) as windows:
            return Extracted(wanted.lower, tuple(writing.files(windows)))


def _clean(folder: Path) -> None:
    """Remove what an extract that was cut off had not finished; no other one is at work."""
    for path in folder.glob(f".*{PARTIAL}"):
        path.unlink()


def due_since(connection: Connection[Any], contract: Contract, now: datetime) -> Start | None:
    """The window from which a source is read next; None for all of it."""
    server = server_declared(contract)
    if not server.can_filter:
        return None
    return ledger.standing(connection, contract.source).resumed(grid_of(server.cursor), now)


def header_of(contract: Contract, secrets: Mapping[str, str]) -> tuple[list[str], HeaderMatch]:
    """What the server has, and how it fits the contract: a test of the connection that writes nothing."""
    server = server_declared(contract)
    secret = _secret(server, secrets)
    if isinstance(server.place, Api):
        header = api.header_of(server, server.place, secret)
        header += missing_columns(contract, header) if header else []
    else:
        with database.connected(server, secret) as connection:
            header = database.header_of(connection, server.place)
    return header, match_header(contract, header)


@contextmanager
def _windows(
    contract: Contract, server: Server, asked: Asked, wanted: Range, workspace: Path
) -> Iterator[Iterator[WindowRows]]:
    secret = _secret(server, asked.secrets)
    if isinstance(server.place, Api):
        yield api.windows(contract, server, server.place, secret, wanted, workspace, asked.pause)
    else:
        with database.connected(server, secret) as connection:
            yield database.windows(connection, contract, server, server.place, wanted)


def _secret(server: Server, secrets: Mapping[str, str]) -> str:
    return secrets[server.variables[0]].strip() if server.variables else ""


@dataclass
class _Writing:
    connection: Connection[Any]
    contract: Contract
    server: Server
    asked: Asked
    grid: Grid | None
    wanted: Range
    stands: ledger.Standing
    moves_cursor: bool

    def files(self, windows: Iterator[WindowRows]) -> Iterator[Written]:
        """Write each window, and empty those in between that had rows and have none any more, strictly in order."""
        vanished, rows = self._with_rows(), 0
        for window in windows:
            name = self._name(window.start)
            while vanished and window.start is not None and vanished[0] < name:
                yield self._emptied(vanished.pop(0), window.header)
            file = self._written(window, name)
            if file is not None:
                rows += file.rows
                vanished = [each for each in vanished if each != name]
                yield file
        if vanished and not rows and not self.asked.may_be_empty:
            before = sum(self.stands.rows[name] for name in vanished)
            raise ExtractError(
                f"{self.server.name} has no rows any more in {', '.join(vanished)}, where there were {before}: if"
                f" that is right, run `echoctl extract {self.contract.source} --accept-empty`"
            )
        for name in vanished:
            yield self._emptied(name, [])

    def _name(self, start: Start | None) -> str:
        if self.grid is None:
            return ALL
        return UNDATED if start is None else self.grid.name(start)

    def _with_rows(self) -> list[str]:
        """The windows of the range that have rows by what was read before."""
        full = sorted(name for name, rows in self.stands.rows.items() if rows)
        if self.grid is None:
            return [name for name in full if name == ALL]
        dated = [name for name in full if name not in (ALL, UNDATED) and self.wanted.holds(self.grid.parsed(name))]
        return [*dated, *([UNDATED] if UNDATED in full and self.wanted.is_open else [])]

    def _written(self, window: WindowRows, name: str) -> Written | None:
        """The window as a file; what has no start of its own only if it has rows."""
        if window.start is None:
            first = next(window.rows, None)
            if first is None:
                return None
            window.rows = chain([first], window.rows)
        file = write(self.asked.folder, f"{self.server.name}/{name}.csv", window.header, window.rows)
        cursor = None
        if self.moves_cursor and self.grid is not None and window.cursor is not None:
            cursor = self.grid.written(window.cursor)
        ledger.record(self.connection, self.contract.source, name, file, cursor)
        return file

    def _emptied(self, name: str, header: Sequence[str]) -> Written:
        columns = header or self.contract.names
        file = write(self.asked.folder, f"{self.server.name}/{name}.csv", columns, [])
        ledger.record(self.connection, self.contract.source, name, file, None)
        return file
