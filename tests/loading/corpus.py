"""What a hostile input is: a file, how the contract says to read it, and what must become of it.

The inputs themselves are in the modules `hostile_*.py`, one dictionary `CASES` each; `test_corpus.py` loads them all.
Nothing binary is committed: contents are text, or made by a function when they are needed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from echo_quality.contract import Contract, Dialect
from echo_quality.loading.limits import Limits

LOADED, NORMALISED, QUARANTINED, REFUSED = "loaded", "normalised", "quarantined", "refused"
HEADER = "transaction_id,date,amount,customer_id,status\n"
GOOD = "T1,2024-01-02,10.00,C1,paid\n"
OTHER = "T2,2024-01-03,20.00,C2,paid\n"
NONE = (0, 0, 0, 0)
ONE = (1, 1, 0, 0)


@dataclass(frozen=True)
class Case:
    """A file for the source `revenue` and its outcome; any share of its rows may be rejected.

    `outcome` is one of: loaded (every row, as it stands), normalised (every row, after something about the file had to
    be told or changed, which its notes say), quarantined (some rows, with their reasons), refused (the file, with its
    reason). `rows` are those in the file, staged, quarantined, duplicates. `says` stands in the reason, or in the
    reasons of a quarantined row; `customers` are the staged customer ids in order.
    """

    file: str
    content: bytes | str | Callable[[], bytes]
    outcome: str
    rows: tuple[int, int, int, int]
    says: str = ""
    customers: tuple[str, ...] | None = None
    dialect: Dialect | None = None
    limits: Limits = field(default_factory=Limits)
    changed: Callable[[Contract], Contract] | None = None

    @property
    def bytes(self) -> bytes:
        """The content as it is written to the landing folder."""
        content = self.content() if callable(self.content) else self.content
        return content.encode() if isinstance(content, str) else content

    def contract(self, usual: Contract) -> Contract:
        """The contract that the file is read by."""
        from dataclasses import replace

        contract = replace(usual, dialect=self.dialect) if self.dialect else usual
        return self.changed(contract) if self.changed else contract


def outcome_of(status: str, quarantined: int | None, notes: dict[str, Any]) -> str:
    """What became of a load, in the words of a case."""
    if status == "refused":
        return REFUSED
    if quarantined:
        return QUARANTINED
    told = notes.get("encoding") != "utf-8" or notes.get("delimiter", ",") != "," or "format" in notes
    return NORMALISED if told or notes["is_rewritten"] or "header_row" in notes else LOADED
