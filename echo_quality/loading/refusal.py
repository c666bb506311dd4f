"""The one exception by which a file, not a row, is turned away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class RefusedFile(Exception):
    """A file that cannot be read under its contract; the message names the offender and the fix.

    `notes` go into the ledger with it.
    """

    def __init__(self, message: str, notes: Mapping[str, Any] | None = None) -> None:
        """Nothing is noted unless given."""
        super().__init__(message)
        self.notes = dict(notes or {})
