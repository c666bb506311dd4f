"""Writes the tables of `docs/experiments.md` from the code that they tell of; the text around them is written by hand.

    .venv/bin/python docs/make_experiments.py

A test fails where the page and the code differ. No database is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from echo_ml.experiments.decisions.decision_table import CONDITIONS, OUTCOMES
from echo_ml.experiments.pages.registry_row import MEANINGS
from echo_ml.experiments.pages.wording import VERDICTS, count, exactly
from echo_ml.experiments.sizes.sizing import Share, sample_size

PAGE = Path(__file__).with_name("experiments.md")
RATES, EFFECTS = (0.01, 0.05, 0.10, 0.30), (0.05, 0.10, 0.20)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(text: str) -> str:
    """The page with every table between its marks as the code has it now."""
    for name, table in tables().items():
        begin, end = f"<!-- {name}: written by make_experiments.py -->\n", f"<!-- end of {name} -->"
        text, found = re.subn(f"{re.escape(begin)}.*?{re.escape(end)}", lambda _: begin + table + end, text, flags=re.S)  # noqa: B023
        if found != 1:
            raise SystemExit(f"{PAGE.name} has no place for the table {name}")
    return text


def tables() -> dict[str, str]:
    """Every table of the page, by its name."""
    return {
        "registry": _table(("column", "meaning"), ((f"`{column}`", meaning) for column, meaning in MEANINGS.items())),
        "conditions": _table(
            ("condition", "what is asked", "otherwise"),
            ((f"`{rule.name}`", rule.asks, _outcome(rule.otherwise)) for rule in CONDITIONS),
        ),
        "outcomes": _table(
            ("the first of these that is so", "decides"),
            ((row.when, f"`{row.outcome}`: {VERDICTS[row.outcome].says.lower()}") for row in OUTCOMES),
        ),
        "sizes": _table(
            ("rate under control", *(f"a lift of {exactly(effect)}" for effect in EFFECTS)),
            ((exactly(rate), *(count(_users(rate, effect)) for effect in EFFECTS)) for rate in RATES),
        ),
    }


def _users(rate: float, lift: float) -> int:
    size = sample_size(Share(rate), rate * lift)
    return size.control + size.variant


def _outcome(text: str) -> str:
    """Names of outcomes as code."""
    return re.sub(r"\b([A-Z]+(?:_[A-Z]+)+|BLOCKED)\b", r"`\1`", text)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = list(head)
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


if __name__ == "__main__":
    main()
