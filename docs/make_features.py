"""Writes the table of all features in `docs/features.md` from their declarations; the text is written by hand.

    .venv/bin/python docs/make_features.py

A test fails where the page and the declarations differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

PAGE = Path(__file__).with_name("features.md")
_PLACE = re.compile(r"(<!-- features: written by make_features.py -->\n).*?(<!-- end of features -->)", re.DOTALL)


def main() -> None:
    """Write the page anew."""
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def page(text: str) -> str:
    """The page with the table as it is now."""
    found, places = _PLACE.subn(lambda place: place[1] + "\n".join(table()) + "\n" + place[2], text)
    if places != 1:
        raise SystemExit(f"{PAGE.name} has no place for the table of features")
    return found


def table() -> Iterator[str]:
    """A line a feature, with what holds of its view."""
    from echo_assets.features.places import declared_views

    yield "| view | feature | what it is | looks back on | empty means | whose | oldest online |"
    yield "|---|---|---|---|---|---|---|"
    for view in declared_views():
        age = f"{view.max_age.total_seconds() / 3600:g} h" if view.max_age else "does not age"
        for each in view.features:
            cells = (f"`{view.name}`", f"`{each.name}`", each.description, each.window, each.when_null, view.owner, age)
            yield f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"


if __name__ == "__main__":
    main()
