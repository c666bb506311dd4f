"""What a planned run is called: a key that identifies its work, and a sentence that explains it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from echo_assets.planner.days import DayRange
from echo_assets.planner.state import DirtyDay, Ledger, StaleAsset

_NAMED = 3


def key_of(
    ledger: Ledger,
    selection: Sequence[str],
    days: DayRange | None,
    dirty: Sequence[DirtyDay],
    stale: Sequence[StaleAsset],
    missing: Sequence[str],
) -> str:
    """Hash what the run covers, marks included, so that work that comes back has another key."""
    covered = {
        "epoch": ledger.epoch,
        "selection": list(selection),
        "days": str(days),
        "dirty": [[entry.asset, entry.source, entry.day.isoformat(), entry.mark] for entry in dirty],
        "stale": [[entry.asset, entry.source, entry.mark] for entry in stale],
        "missing": [*missing, ledger.latest_mark] if missing else [],
    }
    return hashlib.sha256(json.dumps(covered, sort_keys=True).encode()).hexdigest()[:32]


def reason_for(
    days: DayRange | None, dirty: Sequence[DirtyDay], stale: Sequence[StaleAsset], missing: Sequence[str]
) -> str:
    """Say in a sentence why the run is needed."""
    sources = sorted({entry.source for entry in dirty} | {entry.source for entry in stale})
    parts = []
    if sources:
        parts.append(f"{', '.join(sources)} changed")
    if days and dirty:
        parts.append(f"rebuild {days} ({len(days)} {'day' if len(days) == 1 else 'days'})")
    if missing:
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        parts.append(f"first build of {', '.join(missing[:_NAMED])}{more}")
    return "; ".join(parts)
