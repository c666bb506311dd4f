"""An unknown file as a DuckDB table of texts, read by the loader's own readers.

The loader reads a file under a contract. So a file without one is read under a contract that knows no column, which
gives the headers, and then under one that takes every header as text. What the columns hold is in `profile.py`.
"""

from __future__ import annotations

import csv
import gzip
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Column, Contract, Dialect, LogicalType
from echo_quality.discover.errors import DiscoverError
from echo_quality.generate.sql_text import literal
from echo_quality.loading.header import spelling
from echo_quality.loading.prepare import prepare
from echo_quality.loading.text_files import has_stray_quotes
from echo_quality.loading.text_table import EXTRA, TextTable
from echo_quality.loading.typed_rows import landed_sql

if TYPE_CHECKING:
    import duckdb

_HEAD = 1 << 20
_GZIP = b"\x1f\x8b"
_BINARY = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1")
_LONGEST_NAME = 40
_BEGINNING, _LINES, _MOSTLY = 1 << 16, 40, 0.8


@dataclass(frozen=True)
class Field:
    """A column of the file: the header as it stands there, and the name that a contract would give it."""

    header: str
    name: str


@dataclass(frozen=True)
class UnknownFile:
    """A file that was read as text: its fields, the table of texts, and what reading it showed.

    `nameless` are headers that no contract can refer to: they have no letter or digit of the Latin alphabet.
    """

    fields: tuple[Field, ...]
    nameless: tuple[str, ...]
    table: TextTable
    contract: Contract

    @property
    def notes(self) -> dict[str, Any]:
        """How the file was read: encoding, delimiter."""
        return self.table.notes


def read_unknown(path: Path, source: str, workspace: Path, dialect: Dialect) -> UnknownFile:
    """The file with all its columns as text; RefusedFile or DiscoverError when nobody can read it.

    `dialect` is what a person knows of it; where a text has lines above its header, the header is looked for.
    """
    place = _folder(workspace, "head")
    head = _head(path, place)
    if dialect.header_row is None and (row := preamble(head)):
        dialect = replace(dialect, header_row=row + 1)
    headers = _headers(path, head, place, dialect)
    fields = _named(headers)
    columns = tuple(Column(field.name, LogicalType.STRING, aliases=(field.header,)) for field in fields)
    contract = Contract(source, "1.0.0", "", "", columns, (), "", "", dialect=dialect)
    table = prepare(path, path.name, contract, _folder(workspace, "rows"))
    if not table.is_rewritten and has_stray_quotes(table.path, table.delimiter):
        table = _rewritten(path, contract, workspace)
    fields = tuple(field for field in fields if field.name in table.columns)  # a blank header is none in the file
    known = {field.header for field in fields}
    return UnknownFile(fields, tuple(header for header in headers if header not in known), table, contract)


@contextmanager
def landed(file: UnknownFile, path: Path, workspace: Path, memory_mb: int) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB database in a file of `workspace` with the table `landed`: every column as text, as it stands."""
    import duckdb

    with duckdb.connect(str(workspace / "profile.duckdb")) as connection:
        connection.execute(f"set memory_limit = '{memory_mb}MB'; set TimeZone = 'UTC'")
        connection.execute(f"set temp_directory = {literal(str(workspace))}; set preserve_insertion_order = true")
        try:
            connection.execute(f"create table landed as {landed_sql(file.contract, file.table)}")
        except duckdb.Error:
            if file.table.is_rewritten:
                raise
            table = _rewritten(path, file.contract, workspace)
            connection.execute(f"create table landed as {landed_sql(file.contract, table)}")
        yield connection


def _rewritten(path: Path, contract: Contract, workspace: Path) -> TextTable:
    return prepare(path, path.name, contract, _folder(workspace, "rewritten"), rewrite=True)


def _folder(workspace: Path, name: str) -> Path:
    folder = workspace / name
    folder.mkdir(exist_ok=True)
    return folder


_NOTHING_KNOWN = Contract("unknown", "1.0.0", "", "", (), (), "", "")


def _headers(path: Path, head: Path, place: Path, dialect: Dialect) -> list[str]:
    """The headers of the file in order, from its first record; read from the head of a text file, which may be long."""
    contract = replace(_NOTHING_KNOWN, dialect=dialect)
    table = prepare(head, path.name.removesuffix(".gz"), contract, place)
    at = table.columns.index(EXTRA)
    with table.path.open(encoding="utf-8", newline="") as file:
        for record in csv.reader(file, delimiter=table.delimiter):
            if record[at].startswith("{"):
                return list(json.loads(record[at]))
    raise DiscoverError(f"{path.name} has no row below its header: there is nothing to tell a contract from")


def _head(path: Path, place: Path) -> Path:
    """The first megabyte of a text file as whole lines; any other file as it is."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(_HEAD)
    if start.startswith(_BINARY) or path.name.lower().removesuffix(".gz").endswith((".jsonl", ".ndjson", ".json")):
        return path
    if len(start) == _HEAD:
        start = start[: start.rfind(b"\n") + 1] or start
    head = place / "head"
    head.write_bytes(start)
    return head


def preamble(head: Path) -> int:
    """How many lines stand above the header of a text: lines with fewer fields than nearly all that follow."""
    if head.name != "head":
        return 0
    lines = head.read_bytes()[:_BEGINNING].decode("latin-1").splitlines()[:_LINES]
    widths = max(([line.count(sign) for line in lines] for sign in ",;\t|"), key=lambda counts: sum(map(bool, counts)))
    usual, times = Counter(width for width in widths if width).most_common(1)[0] if any(widths) else (0, 0)
    above = widths.index(usual) if usual else 0
    if any(line.count('"') % 2 for line in lines[:above]):
        return 0  # a header whose quotes stretch over lines
    follows = [width for width in widths[above:] if width]
    return above if above and times >= 3 and times > _MOSTLY * len(follows) and max(widths[:above]) < usual else 0


def _named(headers: list[str]) -> tuple[Field, ...]:
    """A name for each header that can have one, each only once."""
    taken: dict[str, Field] = {}
    spelled = {spelling(header) for header in headers}
    for header in headers:
        if spelling(header):
            name = _free(_snake(header), {*taken, *(spelled - {spelling(header)})})
            taken[name] = Field(header, name)
    return tuple(taken.values())


def _snake(header: str) -> str:
    """`InvoiceNo` as `invoice_no`, `Größe` as `groesse`: lower case, words joined, plain letters."""
    plain = header.replace("ß", "ss")
    for umlaut, letters in (("ä", "ae"), ("ö", "oe"), ("ü", "ue")):
        plain = plain.replace(umlaut, letters)
    plain = unicodedata.normalize("NFKD", plain).encode("ascii", "ignore").decode()
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", plain)
    found = re.sub(r"[^0-9a-z]+", "_", words.lower()).strip("_")
    return (found if found[:1].isalpha() else f"c_{found}".rstrip("_"))[:_LONGEST_NAME].rstrip("_")


def _free(name: str, taken: set[str]) -> str:
    number = 2
    free = name
    while free in taken:
        free = f"{name[: _LONGEST_NAME - 3]}_{number}"
        number += 1
    return free
