"""The rows of `ops.extracts`: which windows of a source stand as files, and how far its cursor has come.

A row is written after its file stands. So a kill leaves the cursor where it was, and the windows are read again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from echo_quality.extracts.errors import ExtractError
from echo_quality.extracts.window_files import Written
from echo_quality.extracts.windows import ALL, UNDATED, Grid, Start, latest


@dataclass(frozen=True)
class Standing:
    """What stands of a source: rows by window, and the cursors of the windows that were read without a gap."""

    source: str
    rows: dict[str, int]
    cursors: tuple[str, ...]

    def resumed(self, grid: Grid | None, now: datetime) -> Start | None:
        """The window to read again from; None if nothing was read yet, or if all is read every time."""
        if grid is None:
            return None
        try:
            highest = latest(map(grid.value, self.cursors))
            windows = [grid.parsed(name) for name in self.rows if name not in (ALL, UNDATED)]
        except (ExtractError, ValueError):
            raise ExtractError(
                f"{self.source} was read in windows of another kind before; to begin anew, delete its rows from"
                " ops.extracts and its files from the landing folder"
            ) from None
        return None if highest is None or not windows else grid.resumed(highest, now)


@contextmanager
def alone(connection: Connection[Any], source: str) -> Iterator[None]:
    """One process at a time extracts a source; the others wait."""
    connection.execute("select pg_advisory_lock(hashtext('echo.extract'), hashtext(%s))", [source])
    try:
        yield
    finally:
        connection.execute("select pg_advisory_unlock(hashtext('echo.extract'), hashtext(%s))", [source])


def standing(connection: Connection[Any], source: str) -> Standing:
    """What the ledger says of a source."""
    found = connection.execute(
        'select "window", rows, "cursor" from ops.extracts where source = %s', [source]
    ).fetchall()
    return Standing(
        source, {window: rows for window, rows, _ in found}, tuple(cursor for _, _, cursor in found if cursor)
    )


def record(connection: Connection[Any], source: str, window: str, written: Written, cursor: str | None) -> None:
    """Remember a window whose file stands. A cursor of None leaves the one that was there."""
    connection.execute(
        """insert into ops.extracts (source, "window", file, rows, sha256, "cursor") values (%s, %s, %s, %s, %s, %s)
           on conflict (source, "window") do update set file = excluded.file, rows = excluded.rows,
               sha256 = excluded.sha256, "cursor" = coalesce(excluded."cursor", extracts."cursor"),
               extracted_at = clock_timestamp()""",
        [source, window, written.name, written.rows, written.sha256, cursor],
    )
