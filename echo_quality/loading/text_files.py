"""Plain text files: encoding, delimiter and header. Rows that are hard to read are in `awkward_text.py`."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from echo_quality.contract import Contract
from echo_quality.loading.header import known_headers, spelling
from echo_quality.loading.refusal import RefusedFile

BLOCK = 1 << 20
_DELIMITERS = (",", ";", "\t", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_HEADER_LIMIT = 1 << 20
_FIELD_LIMIT = 1 << 24
_QUOTED = rb'"(?:[^"]++|"")*+"'


def encoding_of(path: Path, declared: str | None) -> str:
    """The declared encoding, or the byte order mark's, or UTF-8 if all of the file is, else Windows-1252 or Latin-1."""
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if declared:
        return declared
    if wide := _wide_without_mark(start):
        return wide
    return next(encoding for encoding in ("utf-8", "cp1252", "latin-1") if _decodes(path, encoding))


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 without a mark: in ASCII text every second byte is zero."""
    if len(start) < 4 or len(start) % 2:
        start = start[:-1]
    half = len(start) // 2
    if half and start[1::2].count(0) > 0.8 * half:
        return "utf-16-le"
    return "utf-16-be" if half and start[0::2].count(0) > 0.8 * half else None


def _decodes(path: Path, encoding: str) -> bool:
    try:
        for _ in decoded(path, encoding):
            continue
    except UnicodeDecodeError:
        return False
    return True


def decoded(path: Path, encoding: str) -> Iterator[str]:
    """The text of the file, block by block; UnicodeDecodeError where a byte does not belong to the encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def as_utf8(path: Path, encoding: str, target: Path) -> Path:
    """The file itself where it is UTF-8, else a UTF-8 copy at `target`."""
    if encoding in ("utf-8", "utf-8-sig"):
        return path
    try:
        with target.open("w", encoding="utf-8", newline="") as file:
            file.writelines(decoded(path, encoding))
    except (UnicodeDecodeError, LookupError) as error:
        raise RefusedFile(f"not readable as {encoding}: {error}; declare another `encoding` in the contract") from error
    return target


def dialect_of(path: Path, contract: Contract) -> tuple[str, list[str]]:
    """Delimiter and header: the declared delimiter, else the one that yields the most headers of the contract."""
    first = _first_record_text(path)
    declared = contract.dialect.delimiter
    candidates = (declared,) if declared else _DELIMITERS
    headers = [(delimiter, _split(first, delimiter)) for delimiter in candidates]
    known = known_headers(contract)
    return max(headers, key=lambda item: (sum(spelling(field) in known for field in item[1]), len(item[1])))


def _split(first: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(io.StringIO(first, newline=""), delimiter=delimiter), [])
    except csv.Error as error:
        raise RefusedFile(f"the header line cannot be read ({error}): is this a delimited text file?") from error


def has_stray_quotes(path: Path, delimiter: str) -> bool:
    """Whether a quote stands anywhere but around a whole field; readers differ about what such a field says."""
    ends = f"{delimiter}\r\n".encode()
    one_of = b"[" + re.escape(ends) + b"]"
    fields = re.compile(rb'(?:[^"]*+(?<=' + one_of + b")" + _QUOTED + b"(?=" + one_of + rb"))*+")
    rest = b"\n"
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            text = rest + (block.removeprefix(codecs.BOM_UTF8) if file.tell() == len(block) else block)
            at = text.find(b'"', fields.match(text, 1).end())  # type: ignore[union-attr]
            if at > 0 and (text[at - 1] not in ends or _goes_on(text, at) or len(text) - at > _FIELD_LIMIT):
                return True
            rest = text[at - 1 :] if at > 0 else text[-1:]
    return b'"' in rest and re.fullmatch(_QUOTED, rest[1:]) is None


def _goes_on(text: bytes, at: int) -> bool:
    """Whether the field that is quoted from here has more after its closing quote."""
    closed = re.compile(_QUOTED).match(text, at)
    return closed is not None and closed.end() < len(text)


def _first_record_text(path: Path) -> str:
    """The text of the first record; quotes may stretch it over several lines."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        text = ""
        while line := file.readline(_HEADER_LIMIT):
            text += line
            if text.count('"') % 2 == 0 or len(text) >= _HEADER_LIMIT:
                break
    if not text.strip():
        raise RefusedFile("the file is empty: there is not even a header line; export it again")
    return text
