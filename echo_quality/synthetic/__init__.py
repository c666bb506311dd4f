"""Seeded data of known truth for the eight batch sources.

Lives here: one function, `generate`, which writes a folder per source and a `truth.json` with every figure that must
come out of the platform. Must not live here: any of the platform's SQL or contracts. The truth is worked out from the
generator's own state, so that it can contradict them. `truth.py` documents the schema of `truth.json`.
"""

from datetime import date
from pathlib import Path

from echo_quality.synthetic.errors import FolderNotEmptyError, GeneratorError
from echo_quality.synthetic.truth import Truth

__all__ = ["DEFAULT_START", "FolderNotEmptyError", "GeneratorError", "Truth", "generate"]

DEFAULT_START = date(2024, 1, 1)


def generate(
    rows: int,
    out: Path,
    seed: int = 7,
    start: date = DEFAULT_START,
    months: int = 18,
    *,
    overwrite: bool = False,
) -> Truth:
    """Write `rows` good transactions, the other seven sources in proportion, and `truth.json` below `out`.

    The same (rows, seed, start, months) gives the same bytes. A folder that is not empty is refused; with `overwrite`,
    files of an earlier generation are replaced and anything else is still refused.
    """
    from echo_quality.synthetic.generator import build

    return build(rows, out, seed, start, months, overwrite=overwrite)
