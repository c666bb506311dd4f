"""Quotes in delimited text. Encodings are in `encodings.py`, headers in `text_header.py`, rows in `awkward_text.py`."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

BLOCK = 1 << 20
_FIELD_LIMIT = 1 << 24
_QUOTED = rb'"(?:[^"]++|"")*+"'


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
