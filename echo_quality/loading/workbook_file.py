"""What a workbook is wrapped in: which kind it is, whether it has a password, what it takes unpacked.

Nothing is written to disk and no name within the file is followed, so a path in it leads nowhere.
"""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from echo_quality.loading.limits import MEGABYTE, Limits
from echo_quality.loading.refusal import RefusedFile

_BLOCK = 1 << 20
_UNKNOWN_SIZE = 1 << 50
_PASSWORD, _BEGIN, _END = 0x2F, 0x809, 0x0A
PROTECTED = "the workbook has a password: save it without one"
DAMAGED = "the workbook is damaged or cut off"


class Kind(StrEnum):
    """The workbooks that are read."""

    XLSX = "xlsx"
    ODS = "ods"
    XLS = "xls"


def kind_of(path: Path, limits: Limits) -> Kind:
    """What kind of workbook it is; RefusedFile for any other archive, for a password and for what is too large."""
    size = path.stat().st_size
    if size > limits.workbook_mb * MEGABYTE:
        raise limits.over("workbook_mb", f"the workbook has {size // MEGABYTE} MB")
    with path.open("rb") as file:
        is_zip = file.read(2) == b"PK"
    return _of_zip(path, limits) if is_zip else _of_compound_file(path)


def _of_zip(path: Path, limits: Limits) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            kind = _kind_among(names)
            _measure(archive, limits, path.stat().st_size)
            if kind is Kind.ODS and b":encryption-data" in archive.read("META-INF/manifest.xml"):
                raise RefusedFile(PROTECTED)
            return kind
    except (zipfile.BadZipFile, zlib.error, EOFError, KeyError, NotImplementedError, OSError, ValueError) as error:
        raise RefusedFile(f"{DAMAGED} ({error}): send it again") from error
    except RuntimeError as error:  # what zipfile raises for an encrypted member
        raise RefusedFile(PROTECTED) from error


def _kind_among(names: set[str]) -> Kind:
    if "xl/workbook.xml" in names:
        return Kind.XLSX
    if {"content.xml", "mimetype"} <= names:
        return Kind.ODS
    if "xl/workbook.bin" in names:
        raise RefusedFile("binary workbooks (.xlsb) are not read, since their error cells look empty: save it as .xlsx")
    raise RefusedFile("zip archives are not read: put the files that are in it into the folder, gzipped or not")


def _measure(archive: zipfile.ZipFile, limits: Limits, packed: int) -> None:
    """OverLimit for a bomb. What the archive says of its sizes is not believed: all of it is unpacked, and counted."""
    unpacked = 0
    for member in archive.infolist():
        member.file_size = _UNKNOWN_SIZE
        with archive.open(member) as content:
            while block := content.read(_BLOCK):
                unpacked += len(block)
                limits.check_unpacked(unpacked, packed)
                if unpacked > limits.workbook_mb * MEGABYTE:
                    raise limits.over("workbook_mb", f"the workbook unpacks to {unpacked // MEGABYTE} MB or more")


def _of_compound_file(path: Path) -> Kind:
    import olefile

    try:
        with olefile.OleFileIO(str(path)) as container:
            if container.exists("EncryptedPackage"):
                raise RefusedFile(PROTECTED)
            is_workbook = container.exists("Workbook") or container.exists("Book")
        if is_workbook and any(record == _PASSWORD for record, _ in records_of(legacy_stream(path), 0)):
            raise RefusedFile(PROTECTED)
    except (OSError, ValueError, IndexError, TypeError, AttributeError) as error:
        raise RefusedFile(f"{DAMAGED} ({error}): send it again") from error
    if is_workbook:
        return Kind.XLS
    raise RefusedFile("an Office file without a workbook in it: send CSV, Excel, Parquet or JSON Lines")


def legacy_stream(path: Path) -> bytes:
    """The records of a legacy workbook."""
    import olefile

    with olefile.OleFileIO(str(path)) as container:
        return bytes(container.openstream("Workbook" if container.exists("Workbook") else "Book").read())


def records_of(content: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of a legacy workbook, which ends with the end that belongs to its beginning."""
    depth = 0
    while at + 4 <= len(content):
        record, size = struct.unpack_from("<HH", content, at)
        depth += (record == _BEGIN) - (record == _END)
        if record == _END and depth <= 0:
            return
        yield record, content[at + 4 : at + 4 + size]
        at += 4 + size
