"""The lines of a text, read in large pieces, with those at hand that any reader takes for the same record.

Such plain lines have no quote, no NUL, the right number of delimiters and an ordinary length; they are handed out many
at a time. What the other lines say is the business of `awkward_text.py`.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, TextIO

from echo_quality.loading.limits import Limits
from echo_quality.loading.text_table import is_unicode

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Characters = NDArray[Any]

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
        self._piece = ""
        self._bounds = [0]
        self._awkward: list[int] = []
        self._at = 0
        self._unread = 0
        self.taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        """Itself."""
        return self

    def __next__(self) -> str:
        """The next line."""
        if not self._has_more():
            raise StopIteration
        line = self._piece[self._bounds[self._at] : self._bounds[self._at + 1]]
        self._at += 1
        length = len(line.rstrip("\r\n")) + (self._unread if self._at == len(self._bounds) - 1 else 0)
        self.taken.append(LongLine(line, length) if length > self._limits.line_characters else line)
        return self.taken[-1]

    def plain(self) -> str:
        """The plain lines from here to the next awkward one, or as many as are at hand; "" if the next one is none."""
        if not self._has_more():
            return ""
        following = bisect_left(self._awkward, self._at)
        end = self._awkward[following] if following < len(self._awkward) else len(self._bounds) - 1
        start, self._at = self._at, end
        return self._piece[self._bounds[start] : self._bounds[end]]

    def _has_more(self) -> bool:
        """Whether there is a line, for which the next piece is read if it must be, to the end of its last line."""
        if self._at < len(self._bounds) - 1:
            return True
        piece = self._file.read(_PIECE)
        if not piece:
            return False
        self._piece, self._unread = self._completed(piece)
        self._at, (self._bounds, self._awkward) = 0, self._divided(self._piece)
        return True

    def _completed(self, piece: str) -> tuple[str, int]:
        """The piece with the rest of its last line, and how many characters of a line without end are left out."""
        longest, part, parts, unread = self._limits.line_characters, piece, [piece], 0
        length = len(piece) - 1 - max(piece.rfind("\n"), piece.rfind("\r"))
        while not part.endswith(("\n", "\r")) and (part := self._file.readline(longest)):
            added = len(part.rstrip("\r\n"))
            length += added
            if length <= longest:
                parts.append(part)
            else:
                unread += added
        return "".join(parts), unread

    def _divided(self, piece: str) -> tuple[list[int], list[int]]:
        """Where lines begin and end, and which of them are not plain; all, where the piece asks for a closer look."""
        import numpy as np

        width, encoding = (np.uint8, "ascii") if piece.isascii() else (np.uint32, "utf-32-le")
        characters = np.frombuffer(piece.encode(encoding, "surrogatepass"), width)
        ends = _ends_of_lines(characters, has_returns="\r" in piece)
        bounds = [0, *ends.tolist()]
        if not self._delimiters or "\0" in piece or not is_unicode(piece):
            return bounds, list(range(len(ends)))
        delimiters = np.searchsorted(np.flatnonzero(characters == ord(self._delimiter)), ends)
        is_awkward = np.diff(delimiters, prepend=0) != self._delimiters
        is_awkward |= np.diff(ends, prepend=0) > min(self._limits.line_characters, self._limits.field_characters)
        is_awkward[np.searchsorted(ends, np.flatnonzero(characters == ord('"')), side="right")] = True
        is_awkward[-1] |= self._unread > 0
        return bounds, np.flatnonzero(is_awkward).tolist()


def _ends_of_lines(characters: Characters, *, has_returns: bool) -> NDArray[np.int64]:
    """The positions after each line's end, the end of the text being one."""
    import numpy as np

    is_end = characters == ord("\n")
    if has_returns:
        is_end[:-1] |= (characters[:-1] == ord("\r")) & ~is_end[1:]
        is_end[-1] |= characters[-1] == ord("\r")
    ends = np.flatnonzero(is_end) + 1
    return ends if len(ends) and ends[-1] == len(characters) else np.append(ends, len(characters))
