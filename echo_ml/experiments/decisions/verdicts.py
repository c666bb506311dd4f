"""What the primary metric says of one arm: by its path of looks, and by the interval that is valid at the last one."""

from __future__ import annotations

from enum import StrEnum

from echo_ml.experiments.design import Design, Method
from echo_ml.experiments.findings import Comparison, Interval, Path


class Verdict(StrEnum):
    """What is known of an arm."""

    WINS = "wins"
    LOSES = "loses"
    NO_EFFECT = "has no meaningful effect"
    FUTILE = "cannot win by the minimum detectable effect any more"
    NOT_SHOWN = "has shown no effect by its last look"
    REVERSED = "crossed its boundary, which what is known now does not support"
    OPEN = "is open"


def verdict(design: Design, path: Path, row: Comparison, *, is_over: bool) -> Verdict:
    """WINS or LOSES once the boundary was crossed; otherwise what the interval that is valid at this look leaves open.

    A crossing counts only while all that is known now still supports it, in its direction and at alpha: data are
    corrected, and a novelty wears off. NO_EFFECT where neither a gain nor a loss of the minimum detectable size is left
    (equivalence). FUTILE, once it is over, where only such a loss is left; before that, it is given the time to show.
    NOT_SHOWN after the last planned look: another one would spend error that there is none of.
    """
    sign = -1 if design.primary.lower_is_better else 1
    was_last = is_over and design.method is not Method.ALWAYS_VALID
    if path.crossed_on is not None:
        side = sign * (path.statistic[path.days.index(path.crossed_on)] or 0)
        if not _stands(side, sign, row, design.alpha):
            return Verdict.NOT_SHOWN if was_last else Verdict.REVERSED
        return Verdict.WINS if side > 0 else Verdict.LOSES
    interval = valid_interval(path, row)
    ended = Verdict.NOT_SHOWN if was_last else Verdict.OPEN
    if interval is None:
        return ended
    worst, best = sorted((sign * interval.lower, sign * interval.upper))
    if best >= design.mde:
        return ended
    if worst > -design.mde:
        return Verdict.NO_EFFECT
    return Verdict.FUTILE if is_over else Verdict.OPEN


def _stands(side: float, sign: int, row: Comparison, alpha: float) -> bool:
    """Whether the data of today still show what a boundary was crossed for."""
    if row.effect is None or row.p_value is None:
        return False
    return side * sign * row.effect > 0 and row.p_value <= alpha


def valid_interval(path: Path, row: Comparison) -> Interval | None:
    """The interval of the effect that holds at this look together with those before it; None on a day without a look.

    Always valid: the confidence sequence. Otherwise a repeated confidence interval, the look's boundary times the
    standard error (Jennison and Turnbull 1989).
    """
    lower, upper = (path.lower[-1], path.upper[-1]) if path.days else (None, None)
    if lower is None or upper is None:
        return None
    if path.method is Method.ALWAYS_VALID:
        return Interval(lower, upper)
    if row.effect is None or not row.std_error:  # no variance seen yet is no certainty
        return None
    return Interval(row.effect + lower * row.std_error, row.effect + upper * row.std_error)
