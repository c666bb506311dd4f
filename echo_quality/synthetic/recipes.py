"""How a source is to be spoiled: the fates of its rows, their shares, and the ways in which a row can be bad.

Must not live here: doing it (planting.py), or the faults of one source, which that source's module declares.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
import pyarrow as pa

from echo_quality.synthetic.period import Floats


class Fate(IntEnum):
    """What happens to a good row."""

    LATE = 0
    DUPLICATE_SAME_FILE = 1
    DUPLICATE_LATER_FILE = 2
    CORRECTION_SAME_FILE = 3
    CORRECTION_LATER_FILE = 4
    BAD_COPY = 5  # a bad row of its own is made from it
    BAD_REPEAT = 6  # a bad row with its key is made from it
    PLAIN = 7


@dataclass(frozen=True)
class Fault:
    """One way to be bad: the column at fault and the cells that make it so."""

    kind: str
    column: str
    cells: Mapping[str, str]

    @classmethod
    def of(cls, kind: str, column: str, cell: str, **others: str) -> "Fault":
        """A fault of one cell; `others` are cells needed for it to be the only one."""
        return cls(kind, column, {**others, column: cell})


@dataclass(frozen=True)
class Shares:
    """The share of good rows that meets each fate, in the order of `Fate`."""

    late: float = 0.01
    duplicate_same_file: float = 0.002
    duplicate_later_file: float = 0.002
    correction_same_file: float = 0.001
    correction_later_file: float = 0.01
    bad_copy: float = 0.005
    bad_repeat: float = 0.0005

    def thresholds(self) -> Floats:
        """Upper bounds of a uniform draw, one for each fate but PLAIN."""
        return np.cumsum([getattr(self, fate.name.lower()) for fate in Fate if fate is not Fate.PLAIN])


# For sources of few rows, so that every fate occurs in a small data set too.
SHARES_OF_A_LOG = Shares(0.02, 0.008, 0.01, 0.005, 0.015, 0.005, 0.002)


@dataclass(frozen=True)
class Recipe:
    """How one source is spoiled. `id_column` gets fresh identifiers in bad rows that are not repeats."""

    source: str
    id_column: str
    id_prefix: str
    id_width: int
    next_id: int
    faults: tuple[Fault, ...]
    shares: Shares = field(default_factory=Shares)


@dataclass(frozen=True)
class Piece:
    """Good rows of one file, and the columns that said something else before they were corrected."""

    rows: pa.Table
    before: Mapping[str, pa.Array]
