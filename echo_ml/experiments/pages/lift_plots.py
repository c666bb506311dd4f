"""Charts of relative lifts: intervals below one another, and the posterior; each shows what a table says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

from echo_ml.experiments.design import Design
from echo_ml.experiments.findings import Bayes, Comparison, Interval, Role
from echo_ml.experiments.pages.canvas import can_be_drawn, legend_below, percent_axis, svg
from echo_ml.experiments.pages.palette import LIGHT, arm_colour, arm_marker
from echo_ml.experiments.pages.wording import chance, is_known, lift, lift_span, metric_name, plain

_ROW_INCHES, _HEAD_INCHES = 0.5, 0.8


@dataclass(frozen=True)
class Line:
    """One interval of a forest, as relative lifts; `limit` is what it should not fall below."""

    title: str
    lift: float
    interval: Interval
    place: int
    limit: float | None = None


def place_of(arms: Sequence[str], arm: str) -> int:
    """Which place an arm has, for its colour and marker; control has 0."""
    return list(arms).index(arm) if arm in arms else len(arms)


def lines(comparisons: Iterable[Comparison], design: Design) -> list[Line]:
    """The comparisons that have a lift to draw."""
    arms = tuple(design.arms)
    return [
        Line(_title(each), each.lift, each.lift_interval, place_of(arms, each.variant), _limit(each, design))
        for each in comparisons
        if can_be_drawn(each.lift) and _is_drawable(each.lift_interval)
    ]


def _is_drawable(interval: Interval | None) -> TypeGuard[Interval]:
    return interval is not None and can_be_drawn(interval.lower) and can_be_drawn(interval.upper)


def effects(comparisons: Sequence[Comparison], design: Design) -> str | None:
    """Relative lift and its interval, one line by metric and arm; a guardrail shows its margin."""
    shown = lines(comparisons, design)
    if not shown:
        return None
    told = "; ".join(f"{each.title}: {lift(each.lift, each.interval)}, {lift_span(each.interval)}" for each in shown)
    return svg(
        "effects", f"Relative lift over control. {told}.", height_of(shown), lambda figure: forest(figure, shown)
    )


def height_of(shown: Sequence[Line]) -> float:
    """Inches that a forest needs."""
    return _HEAD_INCHES + _ROW_INCHES * len(shown)


def forest(figure: Any, shown: Sequence[Line]) -> None:
    """Draw intervals below one another, each under its name; zero is marked, and so are limits that are not far off."""
    axes, (left, right) = figure.subplots(), _reach(shown)
    for row, each in enumerate(reversed(shown)):
        colour = arm_colour(each.place)
        ends = [100 * each.interval.lower, 100 * each.interval.upper]
        axes.plot(ends, [row, row], color=colour, linewidth=2.6, solid_capstyle="round")
        axes.plot([100 * each.lift], [row], arm_marker(each.place), color=colour, markersize=7)
        axes.text(0, row + 0.42, each.title, transform=axes.get_yaxis_transform(), va="center", fontsize=10.5,
                  bbox={"facecolor": LIGHT["paper"], "edgecolor": "none", "pad": 1})  # fmt: skip
        if each.limit is not None and left < 100 * each.limit < right:
            axes.plot([100 * each.limit] * 2, [row - 0.25, row + 0.25], color=LIGHT["bad"], linewidth=2.5)
    axes.axvline(0, color=LIGHT["soft"], linewidth=1, zorder=0)
    axes.set(xlim=(left, right), ylim=(-0.5, len(shown) - 0.25), yticks=[], xlabel="relative to control")
    axes.spines["left"].set_visible(False)
    percent_axis(axes.xaxis, signed=True)


def _reach(shown: Sequence[Line]) -> tuple[float, float]:
    """From where to where a forest reaches, in percent: zero and all intervals, and a limit that is not far off."""
    ends = [0.0, *(end for each in shown for end in (each.interval.lower, each.interval.upper))]
    room = max(max(ends) - min(ends), 1e-6)
    near = [each.limit for each in shown if each.limit is not None]
    ends += [limit for limit in near if min(ends) - room < limit < max(ends) + room]
    return 100 * (min(ends) - room / 12), 100 * (max(ends) + room / 12)


def posterior(comparisons: Sequence[Comparison], design: Design) -> str | None:
    """The posterior of the primary metric's lift, by arm; the part left of zero is where control is better."""
    shown = [(each.variant, each.bayes) for each in comparisons
             if each.role is Role.PRIMARY and each.bayes and each.bayes.density]  # fmt: skip
    if not shown:
        return None
    told = "; ".join(f"{_wins(arm, bayes)}, {lift_span(bayes.credible_interval)}" for arm, bayes in shown)

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        for arm, bayes in shown:
            _density(axes, arm, bayes, arm_colour(place_of(tuple(design.arms), arm)))
        axes.axvline(0, color=LIGHT["soft"], linewidth=1)
        axes.set(yticks=[], ylim=(0, None), xlabel="relative to control")
        axes.spines["left"].set_visible(False)
        percent_axis(axes.xaxis, signed=True)
        legend_below(axes, 0.24, columns=1)

    return svg("posterior", f"Posterior of the relative lift. {told}.", 2.7 + 0.2 * len(shown), draw)


def _density(axes: Any, arm: str, bayes: Bayes, colour: str) -> None:
    lifts, heights = [100 * lift for lift, _ in bayes.density], [height for _, height in bayes.density]
    interval = bayes.credible_interval
    axes.plot(lifts, heights, color=colour, label=_wins(arm, bayes))
    if interval is None:
        return
    inside = [100 * interval.lower <= each <= 100 * interval.upper for each in lifts]
    axes.fill_between(lifts, heights, where=inside, color=colour, alpha=0.18, linewidth=0)


def _wins(arm: str, bayes: Bayes) -> str:
    return f"{plain(arm, 24)}: {chance(bayes.prob_variant_wins)} to beat control"


def _title(each: Comparison) -> str:
    guardrail = ", guardrail" if each.role is Role.GUARDRAIL else ""
    return f"{plain(metric_name(each.metric), 30)}, {plain(each.variant, 20)}{guardrail}"


def _limit(each: Comparison, design: Design) -> float | None:
    """A guardrail's margin as a lift, on the side where the metric gets worse."""
    if not is_known(each.margin) or not is_known(each.control_value) or not each.control_value:
        return None
    falls = any(metric.name == each.metric and metric.lower_is_better for metric in design.metrics)
    return (1 if falls else -1) * each.margin / abs(each.control_value)
