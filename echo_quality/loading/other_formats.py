"""Files that are neither delimited text nor workbooks: JSON and Parquet."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Contract
from echo_quality.generate.sql_text import literal, name
from echo_quality.loading.disk import raise_if_full
from echo_quality.loading.encodings import as_utf8, encoding_of
from echo_quality.loading.header import match_header
from echo_quality.loading.limits import MEGABYTE, Limits
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_table import TextTable, TextTableWriter, is_unicode
from echo_quality.loading.typed_cells import as_declared, forms_of, parquet_text

if TYPE_CHECKING:
    import duckdb

_MEMORY = "256MB"
_KEPT = 1_000
_LARGEST_ARRAY_ELEMENT = 64 << 20
_NESTED = ("STRUCT", "MAP", "[]", "UNION")


def from_json(path: Path, contract: Contract, workspace: Path, limits: Limits) -> TextTable:
    """One object a line, or one array of objects; the header is every key that occurs, in order of appearance.

    A number is kept as it is written, whatever its size; a nested value as JSON text.
    """
    encoding = encoding_of(path, contract.dialect.encoding)
    lines = _as_lines(as_utf8(path, encoding.name, workspace / "utf8.json"), workspace)
    header = list(dict.fromkeys(key for _, record in _objects(lines, limits) for key in record or {}))
    if not header:
        raise RefusedFile("no JSON object in the file: write one object a line, or one array of objects")
    limits.check_columns(len(header))
    match = match_header(contract, header)
    notes = {"format": "json", "encoding": encoding.name, **match.notes}
    forms = forms_of(contract, match.columns)
    with TextTableWriter(workspace / "rows.csv", match, notes) as writer:
        for line, record in _objects(lines, limits):
            fields = [(record or {}).get(key, "") for key in header]
            for at, form in forms.items():
                fields[at] = as_declared(fields[at], form) if isinstance(fields[at], _Number) else fields[at]
            if record is None:
                writer.broken(line[:_KEPT] if len(line) > limits.line_characters else line, _why(line, limits))
            elif len(max(fields, key=len)) > limits.field_characters:
                writer.broken(line[:_KEPT], f"a value is longer than {limits.named('field_characters')} allows")
            else:
                writer.record(fields)
    return writer.table


def _as_lines(path: Path, workspace: Path) -> Path:
    """The file itself, or its elements, one a line, if it is an array; a damaged array has no lines to go by."""
    with path.open("rb") as file:
        if not file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"["):
            return path
    import duckdb

    target = workspace / "elements.jsonl"
    read = (
        f"read_json({literal(str(path))}, format = 'array', records = false, columns = {{element: 'JSON'}},"
        f" maximum_object_size = {_LARGEST_ARRAY_ELEMENT})"
    )
    try:
        with duckdb.connect() as engine:
            _bound(engine, workspace)
            elements = engine.execute(f"select element::varchar from {read}")
            with target.open("w", encoding="utf-8") as file:
                while rows := elements.fetchmany(1_000):
                    file.writelines(" ".join(str(element).splitlines()) + "\n" for (element,) in rows)
    except duckdb.Error as error:
        raise_if_full(error, workspace)
        why = str(error).splitlines()[0]
        raise RefusedFile(f"not a readable JSON array ({why}): mend it, or write one object a line") from error
    return target


def _objects(path: Path, limits: Limits) -> Iterator[tuple[str, dict[str, str] | None]]:
    """Each line with its object. A line beyond the limit comes in pieces, the first of which stands for it."""
    with path.open(encoding="utf-8-sig", errors="surrogateescape") as file:
        while line := file.readline(limits.line_characters + 2):
            is_long = len(line.rstrip("\n")) > limits.line_characters
            part = line
            while is_long and part and not part.endswith("\n"):
                part = file.readline(limits.line_characters)
            if line.strip():
                yield line.rstrip("\n"), None if is_long else _object(line)


class _Number(str):
    """A number as it is written."""


def _object(line: str) -> dict[str, str] | None:
    """The object in a line, its values as text; None for what is none, names a key twice, or no text can hold."""
    try:
        value = json.loads(
            line, parse_float=_Number, parse_int=_Number, parse_constant=_Number, object_pairs_hook=_unique
        )
        if not isinstance(value, dict) or "\\u0000" in line:
            return None
        texts = {key: _json_text(each) for key, each in value.items()}
    except (ValueError, RecursionError):
        return None
    return texts if "\\u" not in line or is_unicode("".join((*texts, *texts.values()))) else None


def _why(line: str, limits: Limits) -> str:
    if len(line) > limits.line_characters:
        return f"the line is longer than {limits.named('line_characters')} allows"
    return "the line is no JSON object, names a key twice, or holds what no text can"


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
    return value if isinstance(value, str) else _written(value)


def _written(value: Any) -> str:
    """A nested value as JSON again, with its numbers as they were."""
    if isinstance(value, _Number):
        return str(value)
    if isinstance(value, dict):
        pairs = (f"{json.dumps(key, ensure_ascii=False)}: {_written(each)}" for key, each in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def parquet_as_csv(path: Path, contract: Contract, workspace: Path, limits: Limits) -> Path:
    """A comma separated copy with the column names as header; values as DuckDB prints them, nested ones as JSON."""
    import duckdb

    target, source = workspace / "parquet.csv", f"read_parquet({literal(str(path))})"
    try:
        with duckdb.connect() as engine:
            _bound(engine, workspace)
            columns = engine.execute(f"describe select * from {source}").fetchall()
            limits.check_columns(len(columns))
            _refuse_bomb(engine, path, len(columns), limits)
            texts = ", ".join(
                parquet_text(contract, column, kind) or _as_text(column, kind) for column, kind, *_ in columns
            )
            engine.execute(f"copy (select {texts} from {source}) to {literal(str(target))} (format csv, header true)")
    except duckdb.Error as error:
        raise_if_full(error, workspace)
        raise RefusedFile(f"not a readable Parquet file: {str(error).splitlines()[0]}") from error
    return target


def _bound(engine: duckdb.DuckDBPyConnection, workspace: Path) -> None:
    engine.execute(f"set memory_limit = '{_MEMORY}'; set threads = 1; set TimeZone = 'UTC'")
    engine.execute(f"set temp_directory = {literal(str(workspace))}; set preserve_insertion_order = true")


def _refuse_bomb(engine: duckdb.DuckDBPyConnection, path: Path, columns: int, limits: Limits) -> None:
    """OverLimit if the rows, at one byte a field, would be more than a file may unpack to."""
    found = engine.execute(f"select num_rows from parquet_file_metadata({literal(str(path))})").fetchone()
    least = (found[0] if found else 0) * columns
    if least > limits.unpacked_mb * MEGABYTE:
        raise limits.over("unpacked_mb", f"the file unpacks to {least // MEGABYTE} MB or more")


def _as_text(column: str, kind: str) -> str:
    if any(nested in kind for nested in _NESTED):
        return f"to_json({name(column)})::varchar as {name(column)}"
    if kind == "BLOB":
        return f"decode({name(column)}) as {name(column)}"
    return f"{name(column)}::varchar as {name(column)}"
