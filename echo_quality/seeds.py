"""Labels that dbt's seeds list, for rules that compare a column with them: stated once, in the seed.

Labels are compared without outer blanks and in lower case; of ASCII letters alone, which every engine writes alike.
"""

from __future__ import annotations

import csv
import string
from pathlib import Path

from echo_quality.contract import ContractError
from echo_quality.generate.sql_text import literal

FOLDER = Path(__file__).parents[1] / "echo_dbt" / "seeds"


def labels_of(reference: str) -> tuple[str, ...]:
    """The labels of `seed.column`, in the order of the seed; ContractError if there is no such seed or column."""
    seed, _, column = str(reference).partition(".")
    path = FOLDER / f"{seed}.csv"
    if not path.is_file():
        raise ContractError(f"knownIn {reference!r}: there is no seed {seed!r}; write <seed>.<column>")
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if not rows or column not in rows[0]:
        raise ContractError(f"knownIn {reference!r}: the seed {seed!r} has no column {column!r}, or no row")
    return tuple(dict.fromkeys(compared(row[column]) for row in rows))


def compared(label: str) -> str:
    """The label as it is compared."""
    return label.strip(" ").translate(str.maketrans(string.ascii_uppercase, string.ascii_lowercase))


def compared_sql(text: str) -> str:
    """The same of a text without outer blanks, for PostgreSQL and DuckDB."""
    return f"translate({text}, {literal(string.ascii_uppercase)}, {literal(string.ascii_lowercase)})"
