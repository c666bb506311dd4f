"""How a consumer behaves, as one frozen value; `echo_assets/settings.py` fills in what a user may set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Terms:
    """What is consumed, as whom, and when a batch is written. Ages and pauses are in seconds."""

    topic: str = "user_events"
    group: str = "echo"
    timezone: str = "UTC"
    """Where business days begin."""
    flush_events: int = 5000
    flush_age: float = 0.1
    late_after: timedelta = timedelta(minutes=5)
    heartbeat: float = 1.0
    longest_pause: float = 5.0
    """Between two attempts to reach a database that is away."""
    lock_timeout: float = 10.0
    frozen_after: float = 10.0
    """After this a consumer that is frozen within a transaction loses it, and its partitions can be claimed."""
