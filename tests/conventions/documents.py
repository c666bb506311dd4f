"""Reading the project's Markdown: headings as anchors, links, code blocks; no tests."""

from __future__ import annotations

import re
from pathlib import Path

from echo_assets.settings import PROJECT

DOCS = PROJECT / "docs"
README = PROJECT / "README.md"
RUNBOOK = DOCS / "runbook.md"
DECISIONS = sorted((DOCS / "decisions").glob("*.md"))
ALL = [README, *sorted(DOCS.glob("*.md")), *DECISIONS]


def prose(path: Path) -> str:
    """A document without its code blocks."""
    return re.sub(r"^( *)```.*?^\1```$", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(path: Path) -> set[str]:
    """What a link may point to within a document, as GitHub makes it from the headings."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(path: Path) -> list[str]:
    """Every target of a link or a picture."""
    return re.findall(r"\]\(([^)\s]+)\)", prose(path))


def blocks(path: Path, language: str) -> list[str]:
    """Every code block of a language, without its indentation."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^\1```$", path.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]
