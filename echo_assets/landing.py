"""The landing folder as it is found: which entries are files to take in, and why the others are left alone.

Nothing is opened here. A link is never followed: what it points to may lie anywhere, and may change.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from echo_quality.loading.source_file import SourceFile

_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart", ".swp")
_CLUTTER = frozenset({".gitkeep", ".gitignore", ".DS_Store", ".keep"})
_ENDINGS = (".csv", ".tsv", ".txt", ".gz", ".xlsx", ".xls", ".ods", ".json", ".jsonl", ".ndjson", ".parquet")
_NAMED = 3


@dataclass(frozen=True)
class Left:
    """An entry that is no file to take in, by its name below the source's folder; `why` is a clause."""

    name: str
    why: str


WAITING = "hidden, or not yet complete by its name"


def found_in(folder: Path, source: str) -> tuple[list[SourceFile], list[Left]]:
    """The files of a source in name order, folders below it included, and what is left alone there."""
    if folder.is_symlink():
        return [], [Left("", f"a link to {folder.readlink()}: move the files into the folder itself")]
    files, left = [], []
    for path, entry in _walked(folder):
        name = str(path.relative_to(folder))
        if why := _why_left(path, entry):
            left.append(Left(name, why))
        elif not stat.S_ISDIR(entry.st_mode):
            files.append(SourceFile(source, path, name))
    return sorted(files, key=lambda file: file.path), sorted(left, key=lambda each: each.name)


def told(source: str, left: list[Left]) -> Iterator[str]:
    """A sentence for each entry that is left alone, and one for all those that only wait."""
    waiting = [each.name for each in left if each.why == WAITING and Path(each.name).name not in _CLUTTER]
    for each in left:
        if each.why != WAITING:
            yield f"{shown(f'{source}/{each.name}')} is {each.why}"
    if waiting:
        more = f" and {len(waiting) - _NAMED} more" if len(waiting) > _NAMED else ""
        names = ", ".join(shown(f"{source}/{name}") for name in waiting[:_NAMED])
        yield f"left alone, since {WAITING}: {names}{more}"


def shown(name: str) -> str:
    """A name as a terminal may show it: without control characters and bytes of no character."""
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return "".join(character if character.isprintable() else repr(character)[1:-1] for character in text)


def _walked(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Every entry below the folder; a link is not followed, and what is left alone is not entered."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            path = Path(parent, name)
            try:
                entry = path.lstat()
            except FileNotFoundError:
                continue
            yield path, entry
            if name in folders and _why_left(path, entry):
                folders.remove(name)


def _why_left(path: Path, entry: os.stat_result) -> str | None:
    mode = entry.st_mode
    if path.name.startswith((".", "~$")) or (stat.S_ISREG(mode) and path.name.endswith(_UNFINISHED)):
        return WAITING
    if stat.S_ISLNK(mode):
        return "a link, which is not followed: put the file itself there"
    if stat.S_ISDIR(mode):
        if path.name.lower().endswith(_ENDINGS):
            return "a folder named like a file: put the files beside it"
    elif not stat.S_ISREG(mode):
        return "no file but a pipe, socket or device: take it away"
    wanted = os.R_OK | (os.X_OK if stat.S_ISDIR(mode) else 0)
    can_read = os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids)
    return None if can_read else "not readable for the user who runs Echo: give them the right (chmod)"
