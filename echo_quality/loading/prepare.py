"""Any accepted file as a text table: what kind of file it is, and who reads that kind."""

from __future__ import annotations

import gzip
import shutil
import zlib
from pathlib import Path

from echo_quality.contract import Contract
from echo_quality.loading import awkward_text, other_formats
from echo_quality.loading.header import HeaderMatch, match_header
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_files import as_utf8, dialect_of, encoding_of
from echo_quality.loading.text_table import TextTable, TextTableWriter

_GZIP, _ZIP, _OLE, _PARQUET = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_UNREADABLE = {b"BZh": "bzip2", b"7z\xbc\xaf": "7-zip", b"\x28\xb5\x2f\xfd": "zstd", b"%PDF": "PDF"}
_JSON_ENDINGS = (".jsonl", ".ndjson", ".json")


def prepare(path: Path, file_name: str, contract: Contract, workspace: Path, *, rewrite: bool = False) -> TextTable:
    """The file as a text table; copies, where one is needed, go to `workspace`.

    With `rewrite` a delimited file is read row by row in Python, whatever its shape; the engines ask for that when they
    cannot read it. RefusedFile when the file as a whole cannot be used.
    """
    path, file_name = _unpacked(path, file_name, workspace)
    start = _start(path)
    for magic, kind in _UNREADABLE.items():
        if start.startswith(magic):
            raise RefusedFile(f"{kind} files are not read: send CSV, Excel, Parquet or JSON Lines, plain or gzipped")
    if start.startswith((_ZIP, _OLE)):
        return other_formats.from_workbook(path, contract, workspace / "rows.csv")
    if file_name.lower().endswith(_JSON_ENDINGS):
        return other_formats.from_json_lines(path, contract, workspace / "rows.csv")
    if start.startswith(_PARQUET):
        path = other_formats.parquet_as_csv(path, workspace / "parquet.csv")
    return _delimited(path, contract, workspace, rewrite=rewrite)


def _delimited(path: Path, contract: Contract, workspace: Path, *, rewrite: bool) -> TextTable:
    encoding = encoding_of(path, contract.dialect.encoding)
    text = as_utf8(path, encoding, workspace / "utf8.csv")
    delimiter, header = dialect_of(text, contract)
    match = match_header(contract, header)
    notes = {"encoding": encoding, "delimiter": delimiter, "renamed": match.renamed}
    if match.unknown:
        notes["unknown_columns"] = sorted(match.unknown.values())
    if rewrite or match.unknown:
        writer = TextTableWriter(workspace / "rows.csv", match, notes)
        return awkward_text.rewrite(text, delimiter, writer, len(header))
    return TextTable(text, delimiter, _all_known(match), is_rewritten=False, notes=notes)


def _all_known(match: HeaderMatch) -> tuple[str, ...]:
    return tuple(column for column in match.columns if column is not None)


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _unpacked(path: Path, file_name: str, workspace: Path) -> tuple[Path, str]:
    if not _start(path).startswith(_GZIP):
        return path, file_name
    target = workspace / "unpacked"
    try:
        with gzip.open(path, "rb") as packed, target.open("wb") as plain:
            shutil.copyfileobj(packed, plain, 1 << 20)
    except (OSError, EOFError, zlib.error) as error:
        raise RefusedFile(f"the gzip file is damaged ({error}): send it again") from error
    return target, file_name.removesuffix(".gz")
