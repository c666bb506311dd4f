"""Which snapshots teach a model, which calibrate it and which test it, and which customers go together.

In time: the outcomes of one part are known before the next part begins, as they are when a model is used. By customer:
the folds of `fold_of`, so that nobody is predicted by a model that has learnt from them. Must not live here: any row.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

FOLDS = 5
FIT, CALIBRATE, TEST = "fit", "calibrate", "test"
MAX_FIT = 12
"""The newest snapshots that teach; older ones add time to training and speak of a business of then."""


@dataclass(frozen=True)
class Split:
    """Snapshots by what they are for: the outcomes of `fit` are known by `calibrate`, and of that by `test`."""

    fit: tuple[date, ...]
    calibrate: date
    test: date
    horizon_days: int

    @property
    def snapshots(self) -> tuple[date, ...]:
        """All of them, in order."""
        return (*self.fit, self.calibrate, self.test)

    def part_of(self, snapshot: date) -> str:
        """What a snapshot is for."""
        return TEST if snapshot == self.test else CALIBRATE if snapshot == self.calibrate else FIT


def split_of(snapshots: Sequence[date], last_day: date, horizon_days: int) -> Split | str:
    """The newest split that these snapshots allow when the data reach to `last_day`; or why there is none, in words.

    A snapshot can be used once all of the horizon after it lies within the data.
    """
    horizon = timedelta(days=horizon_days)
    complete = sorted(day for day in snapshots if day + horizon <= last_day)
    if not complete:
        return (
            f"no month end has a complete label window yet: the data reach to {last_day}, "
            f"and an outcome is known {horizon_days} days after a month end"
        )
    test = complete[-1]
    earlier = [day for day in complete if day + horizon <= test]
    calibrate = earlier[-1] if earlier else None
    fit = [day for day in earlier if calibrate is not None and day + horizon <= calibrate]
    if calibrate is None or not fit:
        return (
            f"the history is too short: {len(complete)} month ends have a complete label window, and three that lie "
            f"at least {horizon_days} days apart are needed, to learn, to calibrate and to test"
        )
    return Split(tuple(fit[-MAX_FIT:]), calibrate, test, horizon_days)


def fold_of(customer_id: str) -> int:
    """The fold of a customer: the same in every training, whoever else there is."""
    return zlib.crc32(customer_id.encode("utf-8", "surrogateescape")) % FOLDS
