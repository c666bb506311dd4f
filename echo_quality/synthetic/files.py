"""Writing rows of text cells: CSV, gzipped CSV and JSON Lines, chosen by the file's suffix, without a wall clock.

Must not live here: what the rows say. A file that never gets a row is never created.
"""

import csv
import gzip
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Protocol, cast

import pyarrow as pa
import pyarrow.csv

LITERAL_COLUMNS = frozenset({"price", "is_active"})
_COMPRESSION_LEVEL = 4


class RowFile(Protocol):
    """Something rows can be added to."""

    def write(self, table: pa.Table) -> None:
        """Add the rows of a table of text columns."""


class _PlainCsv:
    """CSV in which no cell needs quotes; pyarrow raises if one does."""

    def __init__(self, sink: IO[bytes], columns: Sequence[str]) -> None:
        sink.write((",".join(columns) + "\n").encode())
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
        schema = pa.schema([(column, pa.string()) for column in columns])
        self._writer = pyarrow.csv.CSVWriter(sink, schema, write_options=options)

    def write(self, table: pa.Table) -> None:
        self._writer.write_table(table)


class _JsonLines:
    """One JSON object a line; an empty cell is null, and prices and flags are literals where the cell allows it."""

    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink

    def write(self, table: pa.Table) -> None:
        for row in table.to_pylist():
            cells = (f"{json.dumps(name)}: {_json_cell(name, cell)}" for name, cell in row.items())
            self._sink.write(("{" + ", ".join(cells) + "}\n").encode())


def _json_cell(name: str, cell: str) -> str:
    if not cell:
        return "null"
    if name in LITERAL_COLUMNS and (cell in {"true", "false"} or cell.lstrip("-").replace(".", "", 1).isdigit()):
        return cell
    return json.dumps(cell, ensure_ascii=False)


class _Lazy:
    """Opens the file with the first row."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack
        self._file: RowFile | None = None

    def write(self, table: pa.Table) -> None:
        if not table.num_rows:
            return
        if self._file is None:
            self._file = self._open(table.column_names)
        self._file.write(table)

    def _open(self, columns: Sequence[str]) -> RowFile:
        sink: IO[bytes] = self._stack.enter_context(self._path.open("wb"))
        if self._path.suffix == ".jsonl":
            return _JsonLines(sink)
        if self._path.suffix == ".gz":
            zipped = gzip.GzipFile("", "wb", _COMPRESSION_LEVEL, sink, mtime=0)
            sink = cast(IO[bytes], self._stack.enter_context(zipped))
        return _PlainCsv(sink, columns)


@contextmanager
def rows_to(path: Path) -> Iterator[RowFile]:
    """Add rows to a new file, which is complete when the block ends."""
    with ExitStack() as stack:
        yield _Lazy(path, stack)


def write_quoted(path: Path, rows: Sequence[dict[str, str]]) -> None:
    """Write a few rows as CSV whose cells may need quotes (JSON text)."""
    with path.open("w", encoding="utf-8", newline="") as sink:
        writer = csv.DictWriter(sink, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
