"""What was counted about one experiment as of the end of a day: all that a readout is made of, beside its design."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

from echo_ml.experiments.moments import Moments


@dataclass(frozen=True)
class Evidence:
    """Counts of one experiment; only what was known at the end of `as_of` (a day of the business zone) is in them.

    `arms` are the designed ones in declared order, then any others that were seen. `days` are all days from the first
    exposure (or the start) to `as_of`, without gaps. `metrics` has by name the moments of units that are not excluded,
    as arrays of shape (arms, days) by day of first exposure. `excluded` counts units by reason and arm.
    `segments` has the primary metric by name of a segment, as arrays of shape (arms,).
    `last_assigned_at` is how far assignments are known: the newest one or its conversion, of any experiment, or the end
    of the day if there are later ones. `rejected_share` (0..1) is what share of the rows of the assignments' files that
    were taken in was rejected, `stale_after_hours` for how long nothing may have happened before the day ended.
    """

    experiment_id: str
    as_of: datetime.date
    arms: tuple[str, ...]
    days: tuple[datetime.date, ...]
    metrics: Mapping[str, Moments]
    excluded: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    conversions_before_exposure: int = 0
    segments: Mapping[str, Moments] = field(default_factory=dict)
    last_assigned_at: datetime.datetime | None = None
    rejected_share: float = 0.0
    stale_after_hours: float = 48.0
