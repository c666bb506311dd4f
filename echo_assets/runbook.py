"""What the runbook says about a check, so that the UI can show it beside the failing rows.

The runbook is a file of the checkout, which a browser cannot open from the UI; its section is handed over instead.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import dagster as dg

from echo_assets.settings import PROJECT

WHAT_TO_DO = "what_to_do"
"""The entry of a red check's metadata that holds its section."""

_HEADING = re.compile(r"^(#{1,6}) (.+)$", re.MULTILINE)
_LOCAL_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]*\)")


def runbook_of(link: str, *, passed: bool) -> dict[str, Any]:
    """Metadata of a check's result: where its section is and, if the check is red, what it says."""
    text = None if passed else section(link)
    return {
        "runbook": dg.MetadataValue.path(link),
        **({WHAT_TO_DO: dg.MetadataValue.md(text)} if text else {}),
    }


def section(link: str, root: Path = PROJECT) -> str | None:
    """The section that `file.md#heading` names, its links to other places as plain words; None where there is none."""
    name, _, anchor = link.partition("#")
    path = root / name
    if not path.is_file():  # an installation without the documents
        return None
    text = path.read_text(encoding="utf-8")
    headings = list(_HEADING.finditer(text))
    for index, heading in enumerate(headings):
        if _anchor(heading[2]) == anchor:
            later = (each.start() for each in headings[index + 1 :] if len(each[1]) <= len(heading[1]))
            return _LOCAL_LINK.sub(r"\1", text[heading.start() : next(later, len(text))]).strip()
    return None


def _anchor(title: str) -> str:
    """A heading as a link names it."""
    return re.sub(r"[^\w\- ]", "", title.strip().lower()).replace(" ", "-")
