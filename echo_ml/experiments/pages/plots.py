"""The charts of how an experiment went: its sequential path, its exposure, its power.

Each is a function from findings to an SVG element, or to None where there is nothing to draw, and shows in a picture
what a table of the page says in numbers. Charts of lifts are in `lift_plots.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from echo_ml.experiments.design import Design, Method
from echo_ml.experiments.findings import DayExposure, Path, Power
from echo_ml.experiments.pages.canvas import can_be_drawn, date_axis, legend_below, percent_axis, svg
from echo_ml.experiments.pages.lift_plots import place_of
from echo_ml.experiments.pages.palette import LIGHT, arm_colour, arm_marker
from echo_ml.experiments.pages.wording import Scale, chance, count, counted, day, plain, scale_of

_DASHED, _DOTTED = (0, (4, 2)), (0, (1, 2))


def path(found: Path, design: Design) -> str | None:
    """The sequential chart: how the evidence of an arm grew, and between which boundaries nothing is decided yet."""
    points = _known(found.days, found.statistic)
    if not points:
        return None
    place = place_of(tuple(design.arms), found.variant)
    scale = _scale(design) if found.method is Method.ALWAYS_VALID else Scale(1, "", ", standard errors from zero")
    crossed = f"crossed on {day(found.crossed_on)}" if found.crossed_on else "not crossed"
    alt = f"{plain(found.description, 200)}, {plain(found.variant)}: boundary {crossed}, {counted(len(points), 'day')}."

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        _boundaries(axes, found, scale.factor)
        axes.plot(*_columns(points, scale.factor), marker=arm_marker(place), markersize=4.5, color=arm_colour(place),
                  label=plain(found.variant, 24))  # fmt: skip
        _crossing(axes, found)
        axes.axhline(0, color=LIGHT["soft"], linewidth=1)
        axes.set_ylabel("effect" + _unit(scale) if found.method is Method.ALWAYS_VALID else "z" + _unit(scale))
        legend_below(axes, 0.14)
        date_axis(axes)

    return svg(f"path{place}", alt, 3.3, draw)


def exposure(timeline: Sequence[DayExposure], design: Design | None) -> str | None:
    """Units first seen by day and arm, and each arm's share so far beside the designed split."""
    arms = list(dict.fromkeys([*(design.arms if design else ()), *(arm for each in timeline for arm in each.users)]))
    totals = {arm: sum(each.users.get(arm, 0) for each in timeline) for arm in arms}
    if not any(totals.values()):
        return None
    told = ", ".join(f"{plain(arm)} {count(total)}" for arm, total in totals.items())

    def draw(figure: Any) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        for place, arm in enumerate(arms):
            _by_day(above, timeline, arm, place)
            _share(below, timeline, arm, place, design)
        for axes, label in ((above, "new a day"), (below, "share so far")):
            axes.margins(y=0.15)
            axes.set_ylim(bottom=0)
            axes.set_ylabel(label)
        percent_axis(below.yaxis)
        date_axis(below)
        legend_below(below, 0.24, columns=min(len(arms), 3))

    return svg("exposure", f"Units first seen over {counted(len(timeline), 'day')}: {told}.", 4.4, draw)


def power(found: Power, design: Design) -> str | None:
    """Power by effect at the users so far, with the planned effect and the one that can be seen now."""
    scale, points = _scale(design), [point for point in found.curve if all(map(can_be_drawn, point))]
    if not points:
        return None
    alt = (
        f"Power by effect with the users so far: {chance(found.power_now)} at the planned effect; "
        f"detectable now: {scale.effect(found.mde_now)}."
    )

    def draw(figure: Any) -> None:
        axes = figure.subplots()
        effects, powers = [scale.factor * effect for effect, _ in points], [100 * each for _, each in points]
        axes.plot(effects, powers, color=arm_colour(1), label="power now")
        axes.axhline(100 * design.power, color=LIGHT["soft"], linewidth=1.2, linestyle=_DOTTED, label="planned power")
        _mark(axes, scale, found.mde_planned, "planned effect", LIGHT["ink"], "-")
        _mark(axes, scale, found.mde_now, "detectable now", LIGHT["bad"], _DASHED)
        axes.set(ylim=(0, 102), xlabel="true effect" + _unit(scale), ylabel="power")
        percent_axis(axes.yaxis)
        legend_below(axes, 0.22)

    return svg("power", alt, 3.4, draw)


def _scale(design: Design) -> Scale:
    return scale_of(design.primary.kind, design.primary.unit)


def _unit(scale: Scale) -> str:
    return f", {scale.difference.strip(' ,')}" if scale.difference else ""


def _known(days: Sequence[Any], values: Sequence[float | None]) -> list[tuple[Any, float]]:
    return [(day, value) for day, value in zip(days, values, strict=False) if can_be_drawn(value)]


def _columns(points: Sequence[tuple[Any, float]], factor: float) -> tuple[list[Any], list[float]]:
    return [day for day, _ in points], [factor * value for _, value in points]


def _boundaries(axes: Any, found: Path, factor: float) -> None:
    """Both boundaries, at the days that are looks."""
    always = found.method is Method.ALWAYS_VALID
    name, marker = ("confidence sequence", None) if always else ("boundary", "_")
    for values, label in ((found.upper, name), (found.lower, None)):
        axes.plot(*_columns(_known(found.days, values), factor), color=LIGHT["bad"], linewidth=1.4, linestyle=_DASHED,
                  marker=marker, markersize=9, markeredgewidth=2, label=label)  # fmt: skip


def _crossing(axes: Any, found: Path) -> None:
    if found.crossed_on is None:
        return
    is_late = (found.crossed_on - found.days[0]) * 2 > found.days[-1] - found.days[0]
    axes.axvline(found.crossed_on, color=LIGHT["good"], linewidth=1.3, linestyle=_DASHED)
    foot = (axes.convert_xunits(found.crossed_on), 0.02)
    axes.annotate("crossed", foot, (-5 if is_late else 5, 0), xycoords=axes.get_xaxis_transform(),
                  textcoords="offset points", ha="right" if is_late else "left", color=LIGHT["good"])  # fmt: skip


def _by_day(axes: Any, timeline: Sequence[DayExposure], arm: str, place: int) -> None:
    axes.plot([each.day for each in timeline], [each.users.get(arm, 0) for each in timeline], color=arm_colour(place),
              marker=arm_marker(place), markersize=4, linewidth=1.4)  # fmt: skip


def _share(axes: Any, timeline: Sequence[DayExposure], arm: str, place: int, design: Design | None) -> None:
    """An arm's share of all units so far, and dotted the share it was designed to have."""
    points, own, everybody = [], 0, 0
    for each in timeline:
        own, everybody = own + each.users.get(arm, 0), everybody + sum(each.users.values())
        points += [(each.day, own / everybody)] if everybody else []
    axes.plot(*_columns(points, 100), color=arm_colour(place), marker=arm_marker(place), markersize=4, linewidth=1.4,
              label=plain(arm, 20))  # fmt: skip
    if design and arm in design.arms:
        axes.axhline(100 * design.arms[arm], color=arm_colour(place), linewidth=1.4, linestyle=_DOTTED)


def _mark(axes: Any, scale: Scale, effect: float | None, label: str, colour: str, style: Any) -> None:
    if can_be_drawn(effect):
        axes.axvline(scale.factor * effect, color=colour, linewidth=1.4, linestyle=style, label=label)
