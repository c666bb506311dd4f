"""The files that an extract writes: CSV in the landing folder, whole or not there, the same rows the same bytes."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from echo_quality.loading.source_file import sha256_of

PARTIAL = ".part"
"""How the name of an unfinished file ends; nobody takes such a file in."""


@dataclass(frozen=True)
class Written:
    """A file that stands: its name below the source's folder, its rows and hash, and whether it is new or changed."""

    name: str
    rows: int
    sha256: str
    is_changed: bool


def write(folder: Path, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Written:
    """Write the rows beside their file and put it in place in one step; a file with the same bytes is not touched."""
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.{os.getpid()}{PARTIAL}")
    try:
        count = _write(partial, header, rows)
        sha256 = sha256_of(partial)
        if target.is_file() and sha256_of(target) == sha256:
            return Written(name, count, sha256, is_changed=False)
        partial.replace(target)
        _keep(target.parent)
    finally:
        partial.unlink(missing_ok=True)
    return Written(name, count, sha256, is_changed=True)


def _write(partial: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    count = 0
    with partial.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            count += 1
        file.flush()
        os.fsync(file.fileno())
    return count


def _keep(folder: Path) -> None:
    """Make the new name survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
