"""Taking erased persons out of the files of the lake: the archived bytes, whatever their format, and Parquet copies.

A file keeps its place, which is the hash of what arrived; a marker beside it says that its bytes are others now, so
that the same bytes arriving again do not bring the person back. What is written reads as what was read, row by row.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.erasure.identity import Erased, erased_so_far, holds_persons, identity_columns, personal_columns
from echo_quality.erasure.redaction import ERASED, in_line, redacted
from echo_quality.generate.sql_text import name
from echo_quality.loading.prepare import prepare
from echo_quality.loading.source_file import erased_marker, sha256_of
from echo_quality.loading.text_table import EXTRA, UNPARSED, TextTable
from echo_quality.loading.typed_rows import Engine, UnreadableText, opened

_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
Record = dict[str, Any]


@dataclass(frozen=True)
class RedactedFile:
    """A file of which rows were redacted, each as it was and as it is."""

    rows: tuple[tuple[Record, Record], ...]
    sha256: str


def keep_out(
    connection: Connection[Any], contract: Contract, file_name: str, archived: Path, table: TextTable, engine: Engine
) -> TextTable:
    """The text table of an arriving file without anybody who was erased; the bytes in the lake are redacted first."""
    if not holds_persons(contract):
        return table
    erased = erased_so_far(connection, archived.parents[2])
    if erased is None or not holds(contract, table, erased, engine):
        return table
    found = redact_file(contract, file_name, archived, erased, engine)
    if found is None:
        return table
    note(connection, archived, found)
    return prepare(archived, file_name, contract, engine.workspace, limits=engine.limits)


def holds(contract: Contract, table: TextTable, erased: Erased, engine: Engine) -> bool:
    """Whether a file may hold an erased person, by the columns that tell; yes where it cannot be read fast."""
    ids, personal = identity_columns(contract), personal_columns(contract)
    told = [*ids, *(personal if erased.known else ())]
    queries = [f"select distinct {name(column)} from landed where {name(column)} is not null" for column in told]
    try:
        with opened(engine, contract, table) as duck:
            for column, query in zip(told, queries, strict=True):
                known = erased.token if column in ids else erased.knows
                if any(known(value) for (value,) in duck.execute(query).fetchall()):
                    return True
            broken = duck.execute("select _unparsed from landed where _unparsed is not null").fetchall()
    except UnreadableText:
        return True
    return any(redacted(contract, {UNPARSED: line}, erased) for (line,) in broken)


def redact_file(
    contract: Contract, file_name: str, archived: Path, erased: Erased, engine: Engine
) -> RedactedFile | None:
    """Redact an archived file in place; None if nobody who was erased is in it. RefusedFile if it cannot be read."""
    table = prepare(archived, file_name, contract, engine.workspace, rewrite=True, limits=engine.limits)
    rows = tuple((row, left) for row in _records(table) if (left := redacted(contract, row, erased)) is not None)
    if not rows:
        return None
    partial = archived.with_name(f".{archived.name}.partial")
    write = _write_json_lines if file_name.lower().removesuffix(".gz").endswith(_JSON_ENDINGS) else _write_csv
    write(contract, table, erased, partial)
    return RedactedFile(rows, _in_place_of(archived, partial))


def redact_lines(archived: Path, erased: Erased) -> RedactedFile | None:
    """Redact a file that no contract reads: every line of text with the person in it; None if there is none."""
    lines = archived.read_text(encoding="utf-8", errors="surrogateescape").splitlines(keepends=True)
    held = [line for line in lines if in_line(line, erased)]
    if not held:
        return None
    partial = archived.with_name(f".{archived.name}.partial")
    kept = "".join(f"{ERASED}\n" if in_line(line, erased) else line for line in lines)
    partial.write_text(kept, encoding="utf-8", errors="surrogateescape", newline="")
    return RedactedFile(tuple(({UNPARSED: line}, {UNPARSED: ERASED}) for line in held), _in_place_of(archived, partial))


def _in_place_of(archived: Path, partial: Path) -> str:
    """Put the redacted bytes in the place of the archived ones; their hash."""
    partial.chmod(0o444)
    sha256 = sha256_of(partial)
    erased_marker(archived).write_text(sha256, encoding="ascii")  # first: from here on nothing writes over the file
    partial.replace(archived)
    return sha256


def note(connection: Connection[Any], archived: Path, found: RedactedFile) -> None:
    """Record that the bytes of a file are no longer those that its name is the hash of."""
    connection.execute(
        """insert into ops.erased_files (sha256, erased_sha256, rows) values (%s, %s, %s) on conflict (sha256)
           do update set erased_sha256 = excluded.erased_sha256, erased_at = now(),
               rows = erased_files.rows + excluded.rows""",
        [archived.name, found.sha256, len(found.rows)],
    )


def redact_parquet(contract: Contract, path: Path, erased: Erased) -> int:
    """Redact a Parquet copy in place, and say how many rows that concerned."""
    import pyarrow
    import pyarrow.parquet

    rows = pyarrow.parquet.read_table(path)
    ids = [column for column in identity_columns(contract) if column in rows.column_names]
    tokens = {column: [erased.token(value) for value in rows[column].to_pylist()] for column in ids}
    hit = [any(found) for found in zip(*tokens.values(), strict=True)]
    if not any(hit):
        return 0
    for column in (*ids, *personal_columns(contract)):
        at, kind = rows.column_names.index(column), rows.schema.field(column).type
        old, new = rows[column].to_pylist(), tokens.get(column, [None] * len(hit))
        kept = [(after or before if column in ids else None) if is_hit else before
                for before, after, is_hit in zip(old, new, hit, strict=True)]  # fmt: skip
        rows = rows.set_column(at, column, pyarrow.array(kept, kind))
    partial = path.with_name(f".{path.name}.partial")
    pyarrow.parquet.write_table(rows, partial, compression="lz4", use_dictionary=False, write_statistics=False)
    partial.replace(path)
    return sum(hit)


def _records(table: TextTable) -> Iterator[Record]:
    """The rows of a text table that Echo wrote, blanks as None."""
    csv.field_size_limit(sys.maxsize)
    with table.path.open(encoding="utf-8", newline="") as file:
        rows = csv.reader(file, delimiter=table.delimiter)
        next(rows, None)
        for row in rows:
            yield {column: text or None for column, text in zip(table.columns, row, strict=True)}


def _after(contract: Contract, table: TextTable, erased: Erased) -> Iterator[Record]:
    for row in _records(table):
        yield redacted(contract, row, erased) or row


def _write_csv(contract: Contract, table: TextTable, erased: Erased, target: Path) -> None:
    """As CSV with a byte order mark, which tells the encoding whatever the contract declares."""
    known = [column for column in table.columns if column not in (EXTRA, UNPARSED)]
    unknown = list(dict.fromkeys(key for row in _records(table) for key in _extra(row)))
    delimiter = contract.dialect.delimiter or str(table.notes.get("delimiter") or ",")
    width, above = len(known) + len(unknown), (contract.dialect.header_row or 1) - 1
    below = (contract.dialect.header_rows or 1) - 1
    with target.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, lineterminator="\n")
        file.write("\n" * above)
        writer.writerow([*known, *unknown])
        for _ in range(below):
            writer.writerow([""] * width)
        for row in _after(contract, table, erased):
            if row.get(UNPARSED):
                file.write(_still_broken(str(row[UNPARSED]), delimiter, width))
            else:
                extra = _extra(row)
                writer.writerow(
                    [*(row.get(column) or "" for column in known), *(extra.get(key, "") for key in unknown)]
                )


def _still_broken(line: str, delimiter: str, width: int) -> str:
    """A line that was broken, so written that it does not read as a row: as it was, or as one quoted field."""
    try:
        fields = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        fields = []
    is_one_line = "\n" not in line and "\r" not in line
    if is_one_line and len(fields) != width:
        return f"{line}\n"
    return '"' + line.replace('"', '""') + '"' + (delimiter if width == 1 else "") + "\n"


def _write_json_lines(contract: Contract, table: TextTable, erased: Erased, target: Path) -> None:
    with target.open("w", encoding="utf-8") as file:
        for row in _after(contract, table, erased):
            known = {key: text for key, text in row.items() if key not in (EXTRA, UNPARSED)}
            line = row[UNPARSED] if row.get(UNPARSED) else json.dumps({**known, **_extra(row)}, ensure_ascii=False)
            file.write(f"{line}\n")


def _extra(row: Record) -> dict[str, Any]:
    """What no contract knows; a broken line has none, in its place it may say why it is broken."""
    if row.get(UNPARSED) or not row.get(EXTRA):
        return {}
    found: dict[str, Any] = json.loads(str(row[EXTRA]))
    return found
