"""Any accepted file as a text table: what kind of file it is, and who reads that kind."""

from __future__ import annotations

import gzip
import zlib
from dataclasses import replace
from pathlib import Path

from echo_quality.contract import Contract
from echo_quality.loading import awkward_text, other_formats
from echo_quality.loading.encodings import as_utf8, encoding_of
from echo_quality.loading.header import HeaderMatch, match_header
from echo_quality.loading.limits import Limits
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_header import TextHeader, header_of, where_it_fits
from echo_quality.loading.text_table import TextTable, TextTableWriter
from echo_quality.loading.workbook import from_workbook

_GZIP, _ZIP, _OLE, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_ACCEPTED = "send CSV, Excel, Parquet or JSON Lines, plain or gzipped"
_UNREADABLE = {
    b"BZh": "bzip2 files", b"7z\xbc\xaf": "7-zip files", b"\x28\xb5\x2f\xfd": "zstd files", b"Rar!": "RAR files",
    b"\xfd7zXZ": "xz files", b"%PDF": "PDF files", b"{\\rtf": "RTF files", b"PK\x05\x06": "empty zip archives",
    b"PARE": "encrypted Parquet files", b"SQLite f": "SQLite databases",
}  # fmt: skip
_MARKUP = (b"<html", b"<!doctype", b"<?xml", b"<table", b"<head", b"<meta", b"mime-version")
_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")
_BLOCK = 1 << 20


def prepare(
    path: Path, file_name: str, contract: Contract, workspace: Path, *, rewrite: bool = False,
    limits: Limits | None = None,
) -> TextTable:  # fmt: skip
    """The file as a text table; copies, where one is needed, go to `workspace`.

    The bytes say what it is, not the ending of the name, except for JSON. With `rewrite` a delimited file is read row
    by row in Python, whatever its shape; the engines ask for that when they cannot read it. RefusedFile when the file
    as a whole cannot be used, OverLimit when it is too large.
    """
    limits = limits or Limits()
    path, file_name = _unpacked(path, file_name, workspace, limits)
    start = _start(path)
    _refuse_foreign(start)
    if start.startswith((_ZIP, _OLE)):
        return from_workbook(path, contract, workspace / "rows.csv", limits)
    if file_name.lower().endswith(_JSON_ENDINGS):
        return other_formats.from_json(path, contract, workspace, limits)
    if start.startswith(_PARQUET):
        path = other_formats.parquet_as_csv(path, contract, workspace, limits)
    return _delimited(path, contract, workspace, limits, rewrite=rewrite)


def _refuse_foreign(start: bytes) -> None:
    """RefusedFile for what is known not to be a table; a web page called .xls is the frequent one."""
    for magic, kind in _UNREADABLE.items():
        if start.startswith(magic):
            raise RefusedFile(f"{kind} are not read: {_ACCEPTED}")
    if start.startswith(_GZIP):
        raise RefusedFile("the file is gzipped twice: gzip it once")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if text.startswith(_MARKUP):
        raise RefusedFile("an HTML or XML page, whatever its name: open it in Excel and save it as .xlsx or CSV")


def _delimited(path: Path, contract: Contract, workspace: Path, limits: Limits, *, rewrite: bool) -> TextTable:
    encoding = encoding_of(path, contract.dialect.encoding)
    text = as_utf8(path, encoding.name, workspace / "utf8.csv")
    header = header_of(text, contract, workspace, limits)
    match = _matched(text, header, contract, limits)
    how = {"encoding": encoding.name, "encoding_because": encoding.because, "delimiter": header.delimiter}
    notes = {**how, **match.notes, **header.notes}
    if rewrite or match.has_surplus:
        writer = TextTableWriter(workspace / "rows.csv", match, notes, header.delimiter)
        return awkward_text.rewrite(header.path, header.delimiter, writer, len(header.fields), limits)
    table = TextTable(header.path, header.delimiter, _all_known(match), is_rewritten=False, notes=notes)
    return replace(table, longest_record=limits.field_characters)


def _matched(text: Path, header: TextHeader, contract: Contract, limits: Limits) -> HeaderMatch:
    """The header's columns; a refusal says where a header that fits stands, or that this is no table."""
    try:
        return match_header(contract, header.fields)
    except RefusedFile as refusal:
        if header.fields[0].lstrip().startswith(("{", "[{")):
            raise RefusedFile("this looks like JSON: name the file .jsonl (one object a line) or .json") from refusal
        fix = "" if contract.dialect.header_row else where_it_fits(text, contract, limits)
        raise RefusedFile(f"{refusal}{fix}", refusal.notes) from refusal


def _all_known(match: HeaderMatch) -> tuple[str, ...]:
    return tuple(column for column in match.columns if column is not None)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(256)


def _unpacked(path: Path, file_name: str, workspace: Path, limits: Limits) -> tuple[Path, str]:
    if not _start(path).startswith(_GZIP):
        return path, file_name
    target, packed, unpacked = workspace / "unpacked", path.stat().st_size, 0
    try:
        with gzip.open(path, "rb") as whole, target.open("wb") as plain:
            while block := whole.read(_BLOCK):
                unpacked += len(block)
                limits.check_unpacked(unpacked, packed)
                plain.write(block)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise RefusedFile(f"the gzip file is damaged ({error}): send it again") from error
    return target, file_name.removesuffix(".gz")
