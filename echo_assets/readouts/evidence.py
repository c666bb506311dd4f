"""Counts what was known of the running experiments at the end of a day, by a few statements for all of them."""

from __future__ import annotations

from echo_assets.readouts.running import Running, running_days

__all__ = ["Running", "running_days"]
