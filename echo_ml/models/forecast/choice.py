"""Which of two methods is better, by more than noise: one-sided, so that the baseline stays where it is a draw."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from echo_ml.models.forecast.backtest import Backtest

ALPHA = 0.05
"""How likely a method that is no better than the baseline may be to take its place."""

_SHARED = 1.5
"""The variance of a mean over that of as many independent batches, where origins have the less in common the further
apart they are, and nothing from one horizon on: neighbouring batches then correlate by a quarter, so it is
1 + 2 / 4.
"""


@dataclass(frozen=True)
class Verdict:
    """How much less the challenger errs, as a share of what the baseline does, and whether that is more than noise.

    `t` is that difference in standard errors; `needed` is the `t` from which on it counts, None where the baseline made
    no error at all.
    """

    saves: float
    t: float
    needed: float | None

    @property
    def is_better(self) -> bool:
        """Whether the challenger takes the baseline's place."""
        return self.needed is not None and self.t > self.needed


def compare(challenger: Backtest, baseline: Backtest, horizon: int) -> Verdict:
    """Compare mean absolute errors by origin, in batches of origins.

    Neighbouring origins share most of what they forecast, so they are no independent trials: their differences are
    averaged over batches as long as the horizon, and the batches compared by a t-test (method of batch means). A batch
    still shares something with the next one, for which its variance is raised.
    """
    from scipy.stats import t as student

    differences = baseline.mean_errors - challenger.mean_errors
    size = float(baseline.mean_errors.mean())
    if size <= 0:
        return Verdict(0.0, 0.0, None)
    batches = np.array_split(differences, max(2, len(differences) // horizon))
    means = np.array([batch.mean() for batch in batches])
    error = float(means.std(ddof=1)) * np.sqrt(_SHARED / len(means))
    saved = float(differences.mean())
    t = saved / error if error > 0 else float(np.copysign(np.inf, saved)) if saved else 0.0
    return Verdict(saved / size, float(t), float(student.ppf(1 - ALPHA, len(means) - 1)))
