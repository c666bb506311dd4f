"""Telling a disk that is full from a file that cannot be read: DuckDB raises the same error for both."""

from __future__ import annotations

import errno
from pathlib import Path

_SIGNS = ("No space left", "File too large", "Disk quota", "Could not write", "could not write")


def raise_if_full(error: Exception, folder: Path) -> None:
    """OSError if DuckDB could not write to the folder; nothing is said about the file that was read then."""
    if any(sign in str(error) for sign in _SIGNS):
        raise OSError(errno.ENOSPC, str(error).splitlines()[0], str(folder)) from error
