"""What the API lets a caller do, as one value that the settings read. Nothing heavy is imported here."""

from __future__ import annotations

from dataclasses import dataclass

SHORTEST_KEY = 16
"""Characters of a key; shorter ones can be guessed."""


@dataclass(frozen=True)
class ServingLimits:
    """Bounds of one serving process."""

    rate: int = 100
    """Requests a second that one key, or one client without a key, may make."""
    max_batch: int = 100
    """Customers in one batch."""
    max_body_kb: int = 256
    """Kilobytes of a request's body."""

    @staticmethod
    def setting(name: str) -> str:
        """The variable that a limit is set by."""
        return f"ECHO_SERVE_{name.upper()}"

    @property
    def burst(self) -> int:
        """Requests that may come at once after a pause."""
        return 2 * self.rate

    @property
    def max_body_bytes(self) -> int:
        """Bytes of a request's body."""
        return 1024 * self.max_body_kb
