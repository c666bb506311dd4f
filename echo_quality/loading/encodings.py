"""Which characters the bytes of a text file stand for. What the characters mean is in `text_files.py`."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from echo_quality.loading.refusal import RefusedFile

_BLOCK = 1 << 20
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_WESTERN = "cp1252"
_SEQUENCES = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}|(?P<stray>[\x80-\xff])"
)
_NOT_WESTERN = re.compile(
    rb"[\x81\x8d\x8f\x90\x9d]"  # no character at all in Windows-1252
    rb"|[\xc0-\xff]{3}"  # three letters with an accent in a row: another alphabet
    rb"|[A-Za-z][\x80\x82-\x84\x86-\x8b\x8e\x91\x93-\x95\x98\x9b\xa1-\xa5\xb1\xb3\xb9\xbc-\xbf\xd7\xf7][A-Za-z]"
    rb"|[A-Za-z][\x8a\x8c\x8e\x9f\xc0-\xd6\xd8-\xde][a-z]"  # a sign, or a capital, within a word
)


@dataclass(frozen=True)
class Encoding:
    """An encoding by the name that Python knows it by, and why it was taken."""

    name: str
    because: str


def encoding_of(path: Path, declared: str | None) -> Encoding:
    """The encoding of a text file: its byte order mark's, else the declared one, else what its bytes leave no doubt of.

    UTF-8 is told by its form. A file that is mostly valid UTF-8 is UTF-8 with some broken lines, which cost only
    themselves. Otherwise nothing in the bytes names the encoding; libraries that guess it from letter statistics are
    wrong on short words in tables, and a wrong guess reads other names than were written. So Windows-1252, the encoding
    of Western Excel, is taken where its letters stand as they do in words, and said so in the load's notes; where they
    do not, the file is refused until the contract declares an `encoding`.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return Encoding(encoding, "byte order mark")
    if declared:
        return Encoding(declared, "declared in the contract")
    if wide := _wide_without_mark(start):
        return Encoding(wide, "every second byte is zero")
    return _eight_bits(path)


def _wide_without_mark(start: bytes) -> str | None:
    """UTF-16 without a mark: in ASCII text every second byte is zero."""
    if len(start) < 4 or len(start) % 2:
        start = start[:-1]
    half = len(start) // 2
    if half and start[1::2].count(0) > 0.8 * half:
        return "utf-16-le"
    return "utf-16-be" if half and start[0::2].count(0) > 0.8 * half else None


def _eight_bits(path: Path) -> Encoding:
    if _decodes(path, "utf-8"):
        return Encoding("utf-8", "all of it is valid")
    valid, stray, is_western = _looked_through(path)
    if valid and valid >= stray:
        return Encoding("utf-8", "most of it is valid; lines that are not are quarantined")
    if is_western:
        return Encoding(_WESTERN, "not UTF-8, undeclared, and its letters stand as in Western European words")
    raise RefusedFile(
        "the text is not UTF-8, and its bytes do not say what else it is: declare its `encoding` in the contract "
        "(cp1250 for Polish or Czech, cp1251 for Russian, shift_jis for Japanese), or export it as UTF-8"
    )


def _looked_through(path: Path) -> tuple[int, int, bool]:
    """How many characters of UTF-8 there are, how many bytes belong to none, and if all could be Windows-1252."""
    valid = stray = 0
    is_western, rest = True, b""
    with path.open("rb") as file:
        while block := rest + file.read(_BLOCK):
            is_last = len(block) - len(rest) < _BLOCK
            whole = block if is_last else block[: block.rfind(b"\n") + 1] or block
            for found in _SEQUENCES.finditer(whole):
                stray, valid = (stray + 1, valid) if found["stray"] else (stray, valid + 1)
            is_western = is_western and _NOT_WESTERN.search(whole) is None
            rest = block[len(whole) :]
            if is_last:
                break
    return valid, stray, is_western


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
        while block := file.read(_BLOCK):
            yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def as_utf8(path: Path, encoding: str, target: Path) -> Path:
    """The file itself where it is UTF-8, else a UTF-8 copy at `target`."""
    if codecs.lookup(encoding).name in ("utf-8", "utf-8-sig"):
        return path
    try:
        with target.open("w", encoding="utf-8", newline="") as file:
            file.writelines(decoded(path, encoding))
    except (UnicodeError, LookupError) as error:
        raise RefusedFile(f"not readable as {encoding}: {error}; declare another `encoding` in the contract") from error
    return target
