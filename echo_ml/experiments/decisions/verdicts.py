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
    OPEN = "is open"


def verdict(design: Design, path: Path, row: Comparison, *, is_over: bool) -> Verdict:
    """WINS or LOSES once the boundary was crossed; otherwise what the interval that is valid at this look leaves open.

    NO_EFFECT where neither a gain nor a loss of the minimum detectable size is left (equivalence). FUTILE, once it is
    over, where only such a loss is left; before that, it is given the time to show.
    """
    sign = -1 if design.primary.lower_is_better else 1
    if path.crossed_on is not None:
        at = path.days.index(path.crossed_on)
        return Verdict.WINS if sign * (path.statistic[at] or 0) > 0 else Verdict.LOSES
    interval = valid_interval(path, row)
    if interval is None:
        return Verdict.OPEN
    worst, best = sorted((sign * interval.lower, sign * interval.upper))
    if best >= design.mde:
        return Verdict.OPEN
    if worst > -design.mde:
        return Verdict.NO_EFFECT
    return Verdict.FUTILE if is_over else Verdict.OPEN


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
