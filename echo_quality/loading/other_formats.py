"""Files that are not delimited text: Excel workbooks, JSON Lines, Parquet."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from echo_quality.contract import Contract
from echo_quality.loading.header import match_header
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_table import TextTable, TextTableWriter, is_unicode


def from_workbook(path: Path, contract: Contract, target: Path) -> TextTable:
    """The declared sheet, or the first; numbers and dates as plain text."""
    rows = _sheet(path, contract.dialect.sheet)
    header = [_cell(value) for value in next(rows, [])]
    while header and not header[-1]:
        header.pop()
    if not header:
        raise RefusedFile("the sheet is empty: there is not even a header row; export it again")
    writer = TextTableWriter(target, match_header(contract, header), {"format": "excel"})
    with writer:
        for row in rows:
            fields = [_cell(value) for value in row]
            if any(fields[len(header) :]) or "\0" in "".join(fields):
                writer.broken("\t".join(fields).rstrip("\t"))
            elif any(fields):
                writer.record(fields[: len(header)])
    return writer.table


def _sheet(path: Path, sheet: str | None) -> Iterator[list[Any]]:
    import python_calamine

    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        names = workbook.sheet_names
        if sheet is not None and sheet not in names:
            raise RefusedFile(f"no sheet {sheet!r} in the workbook; it has {', '.join(names)}")
        return iter(workbook.get_sheet_by_name(sheet or names[0]).to_python(skip_empty_area=True))
    except (python_calamine.CalamineError, IndexError, OSError) as error:
        raise RefusedFile(f"not a readable workbook ({error}): save it again as .xlsx without a password") from error


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def from_json_lines(path: Path, contract: Contract, target: Path) -> TextTable:
    """One object a line; the header is every key that occurs, in order of appearance."""
    header = list(dict.fromkeys(key for _, record in _objects(path) for key in record or {}))
    if not header:
        raise RefusedFile("no JSON object in the file: write one object a line")
    writer = TextTableWriter(target, match_header(contract, header), {"format": "json lines"})
    with writer:
        for line, record in _objects(path):
            if record is None:
                writer.broken(line)
            else:
                writer.record([_json_text(record.get(key)) for key in header])
    return writer.table


def _objects(path: Path) -> Iterator[tuple[str, dict[str, Any] | None]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        for line in file:
            if line.strip():
                yield line.rstrip("\n"), _object(line)


def _object(line: str) -> dict[str, Any] | None:
    """The object in a line; None for anything that is not one, names a key twice or holds what no text column can."""
    try:
        value = json.loads(line, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    text = json.dumps(value, ensure_ascii=False) if "\\u" in line else line
    return value if isinstance(value, dict) and "\\u0000" not in line and is_unicode(text) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key appears twice")
    return found


def _json_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def parquet_as_csv(path: Path, target: Path) -> Path:
    """A comma separated copy with the column names as header; values as DuckDB prints them."""
    import duckdb

    try:
        with duckdb.connect() as engine:
            engine.execute("set TimeZone = 'UTC'")
            engine.execute(
                "copy (select columns(*)::varchar from read_parquet($source)) to '"
                + str(target).replace("'", "''")
                + "' (format csv, header true)",
                {"source": str(path)},
            )
    except duckdb.Error as error:
        raise RefusedFile(f"not a readable Parquet file: {str(error).splitlines()[0]}") from error
    return target
