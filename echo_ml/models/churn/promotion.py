"""Whether a challenger becomes champion: a pure function of what was measured, with its reasons in words.

A challenger is promoted only if, on customers and times that it has not seen, it beats the recency baseline by more
than noise, is calibrated, and beats the champion by more than noise. A champion that does not meet the first two
conditions on the newest data any more need only be beaten, not by more than noise.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_ml.models.churn.noise import Difference

MAX_CALIBRATION_ERROR = 0.03
"""The expected calibration error that is good enough, whatever the number of customers."""


@dataclass(frozen=True)
class Standing:
    """One model on the test: its calibration error with the one that chance allows, and its lead on the baseline."""

    ece: float
    ece_by_chance: float
    over_baseline: Difference

    @property
    def ece_limit(self) -> float:
        """With few customers, perfect probabilities err, too; as much as they do in 99 of 100 cases is no fault."""
        return max(MAX_CALIBRATION_ERROR, self.ece_by_chance)

    @property
    def is_calibrated(self) -> bool:
        """Whether its probabilities can be taken as such."""
        return self.ece <= self.ece_limit

    @property
    def beats_baseline(self) -> bool:
        """Whether it knows more than recency does, by more than noise."""
        return self.over_baseline.low > 0

    @property
    def is_sound(self) -> bool:
        """Whether it may serve at all."""
        return self.is_calibrated and self.beats_baseline


@dataclass(frozen=True)
class Rival:
    """The champion on the same test: its version, how it stands, and the challenger's lead on it.

    `standing` None: it cannot be asked, for the reason that is given.
    """

    version: int
    standing: Standing | None = None
    over_champion: Difference | None = None
    why_not: str | None = None


@dataclass(frozen=True)
class Promotion:
    """The decision and its reasons, those against it first."""

    is_promoted: bool
    reasons: tuple[str, ...]


def promotion_of(challenger: Standing, rival: Rival | None, faults: tuple[str, ...] = ()) -> Promotion:
    """Decide. `faults` are conditions of the training set that do not hold, in words: with any, nothing is promoted."""
    judged = [
        *((False, fault) for fault in faults),
        (challenger.beats_baseline, _over("the recency baseline", challenger.over_baseline)),
        (challenger.is_calibrated, _calibration(challenger)),
        _against(rival),
    ]
    against = tuple(said for holds, said in judged if not holds)
    return Promotion(not against, against + tuple(said for holds, said in judged if holds))


def _against(rival: Rival | None) -> tuple[bool, str]:
    if rival is None:
        return True, "there is no champion yet"
    name = f"the champion (version {rival.version})"
    if rival.standing is None or rival.over_champion is None:
        return True, f"{name} cannot be asked: {rival.why_not}"
    if rival.standing.is_sound:
        return rival.over_champion.low > 0, _over(name, rival.over_champion)
    ahead = "is ahead of" if rival.over_champion.value > 0 else "is not ahead of"
    fault = "is no better than the baseline" if rival.standing.is_calibrated else "is not calibrated"
    return rival.over_champion.value > 0, f"it {ahead} {name}, which {fault} on these data"


def _over(name: str, difference: Difference) -> str:
    verb = "beats" if difference.low > 0 else "does not beat"
    return (
        f"it {verb} {name} by more than noise: "
        f"AUC {difference.value:+.3f} (standard error {difference.standard_error:.3f})"
    )


def _calibration(standing: Standing) -> str:
    verb = "is" if standing.is_calibrated else "is not"
    return f"it {verb} calibrated: calibration error {standing.ece:.3f}, at most {standing.ece_limit:.3f} is allowed"
