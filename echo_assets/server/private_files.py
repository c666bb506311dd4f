"""Small files that only one user may read, replaced in one step. What they say is other modules' business."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def read_private(path: Path) -> str | None:
    """What the file says, None if there is no such file."""
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def write_private(path: Path, text: str) -> None:
    """Replace the file with mode 0600, unless it says and is just that already."""
    if read_private(path) == text and path.stat().st_mode & 0o077 == 0:
        return
    handle, passing = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # made with mode 0600
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    keep_owner(Path(passing))
    Path(passing).replace(path)


def keep_owner(path: Path) -> None:
    """When root works in a user's folder, what it makes there belongs to that user."""
    if os.geteuid() == 0:
        folder = path.parent.stat()
        os.chown(path, folder.st_uid, folder.st_gid)
