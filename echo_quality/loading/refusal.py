"""The one exception by which a file, not a row, is turned away."""

from __future__ import annotations


class RefusedFile(Exception):
    """A file that cannot be read under its contract; the message names the offender and the fix."""
