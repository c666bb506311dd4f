"""The lines of a text, read in large pieces, with those at hand that any reader takes for the same record.

Such plain lines have no quote, no NUL, the right number of delimiters and an ordinary length; they are handed out many
at a time. What the other lines say is the business of `awkward_text.py`.
"""

from __future__ import annotations

import io
from bisect import bisect_left
from collections.abc import Iterator
from typing import TextIO

from echo_quality.loading.limits import Limits
from echo_quality.loading.text_table import is_unicode

_PIECE = 1 << 19
_SHOWN_OF_LONG = 1_000


class LongLine(str):
    """The beginning of a line that is longer than the limit; `length` is all of its characters."""

    length: int

    def __new__(cls, beginning: str, length: int) -> LongLine:
        """Keep so much of it as a person wants to see."""
        line = super().__new__(cls, beginning[:_SHOWN_OF_LONG].rstrip("\r\n"))
        line.length = length
        return line


class Lines:
    """An iterator over the lines with their ends, which remembers those handed out since `taken` was emptied."""

    def __init__(self, file: TextIO, delimiter: str, width: int, limits: Limits) -> None:
        """`width` is how many fields a plain line has."""
        self._file, self._delimiter, self._delimiters, self._limits = file, delimiter, width - 1, limits
        self._lines: list[str] = []
        self._at = 0
        self._awkward: list[int] = []
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next line."""
        if self._at == len(self._lines) and not self._filled():
            raise StopIteration
        line = self._lines[self._at]
        self._at += 1
        self.taken.append(line)
        return line

    def plain(self) -> list[str]:
        """The plain lines from here to the next awkward one, or as many as are at hand; [] if the next one is none."""
        if self._at == len(self._lines) and not self._filled():
            return []
        following = bisect_left(self._awkward, self._at)
        end = self._awkward[following] if following < len(self._awkward) else len(self._lines)
        run, self._at = self._lines[self._at : end], end
        return run

    def _filled(self) -> bool:
        """Read the next piece, to the end of its last line; False at the end of the file."""
        piece = self._file.read(_PIECE)
        if not piece:
            return False
        lines = list(io.StringIO(piece, newline="" if "\r" in piece else "\n"))
        if not lines[-1].endswith(("\n", "\r")):
            lines[-1] = self._completed(lines[-1])
        self._lines, self._at = lines, 0
        self._awkward = self._awkward_among(lines, piece)
        return True

    def _completed(self, line: str) -> str:
        """The line with the rest of it, which may lie beyond the piece, and may be without end."""
        longest, length, part = self._limits.line_characters, len(line), line
        while not part.endswith(("\n", "\r")) and (part := self._file.readline(longest)):
            length += len(part.rstrip("\r\n"))
            line = line + part if length <= longest else line
        return line if length <= longest else LongLine(line, length)

    def _awkward_among(self, lines: list[str], piece: str) -> list[int]:
        """The positions of lines that are not plain; all of them where a whole piece asks for a closer look."""
        if not self._delimiters or not all("\0" not in text and is_unicode(text) for text in (piece, lines[-1])):
            return list(range(len(lines)))
        delimiter, delimiters = self._delimiter, self._delimiters
        awkward = [at for at, line in enumerate(lines) if line.count(delimiter) != delimiters or '"' in line]
        longest = min(self._limits.line_characters, self._limits.field_characters)
        if max(len(piece), len(lines[-1])) <= longest and not isinstance(lines[-1], LongLine):
            return awkward
        return sorted({*awkward, *self._long_among(lines, longest)})

    def _long_among(self, lines: list[str], longest: int) -> list[int]:
        """Lines that are longer than a field may be; those longer than a line may be are shortened."""
        long = [at for at, line in enumerate(lines) if len(line) > longest or isinstance(line, LongLine)]
        for at in long:
            length = len(lines[at].rstrip("\r\n"))
            if length > self._limits.line_characters:
                lines[at] = LongLine(lines[at], length)
        return long
