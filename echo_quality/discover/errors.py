"""The error of this package."""

from __future__ import annotations


class DiscoverError(Exception):
    """No contract can be proposed for a file; the message says why and what to do."""
