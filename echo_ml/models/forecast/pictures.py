"""A forecast as a picture: what was, what comes and how far it may be off, by day and by month.

Matplotlib is imported when something is drawn; how our pictures look is in `experiments/pages/canvas.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from echo_ml.experiments.pages.canvas import date_axis, legend_below, png
from echo_ml.experiments.pages.palette import LIGHT, arm_colour
from echo_ml.models.forecast.grains import Grain, days_in_month
from echo_ml.models.forecast.history import History
from echo_ml.models.forecast.revenue import RevenueForecast, Row

_PAST = {Grain.DAY: 84, Grain.MONTH: 18}
"""How many periods are shown before the forecast."""
_SHADES = {95: 0.15, 80: 0.3}


def picture_of(found: RevenueForecast) -> bytes:
    """A PNG of two charts, days above months; where nothing is forecast it shows what was, and says why."""

    def draw(figure: Any) -> None:
        figure.suptitle(f"Revenue, known up to {found.as_of:%Y-%m-%d}", fontsize=11.5, fontweight="bold",
                        color=LIGHT["ink"])  # fmt: skip
        above, below = figure.subplots(2, 1)
        rows = {grain: [row for row in found.rows if row.grain is grain] for grain in Grain}
        _chart(above, found.history, rows[Grain.DAY], "a day", found.days.reason)
        _chart(below, found.month_history, rows[Grain.MONTH], "a month", found.months.reason)
        legend_below(below, 0.2, columns=4)

    return png(7.6, 5.6, draw, dots_an_inch=80)


def _chart(axes: Any, history: History, rows: Sequence[Row], label: str, reason: str) -> None:
    past = history.newest(_PAST[history.grain])
    starts = [past.grain.start(past.first, place) for place in range(len(past))]
    is_month = past.grain is Grain.MONTH
    values = [
        value * (days_in_month(start) if is_month else 1) for start, value in zip(starts, past.values, strict=True)
    ]
    marker = "o" if is_month else None
    axes.plot(starts, values, color=arm_colour(0), marker=marker, markersize=3.5, linewidth=1.4, label="known")
    if rows:
        _fan(axes, rows, marker)
        if starts:  # the forecast goes on from what was
            axes.plot([starts[-1], rows[0].period_start], [values[-1], float(rows[0].forecast)], color=arm_colour(1),
                      linewidth=1.0)  # fmt: skip
    else:
        axes.set_title(reason, fontsize=9, color=LIGHT["wait"], wrap=True)
    _money_axis(axes, label)
    _calendar_axis(axes, is_month, is_empty=not (starts or rows))


def _fan(axes: Any, rows: Sequence[Row], marker: str | None) -> None:
    starts: list[date] = [row.period_start for row in rows]
    for level, shade in _SHADES.items():
        lower, upper = ([float(row.ends[level][end]) for row in rows] for end in (0, 1))
        axes.fill_between(starts, lower, upper, color=arm_colour(1), alpha=shade, linewidth=0,
                          label=f"{level} of 100 lie here")  # fmt: skip
    forecasts = [float(row.forecast) for row in rows]
    axes.plot(starts, forecasts, color=arm_colour(1), marker=marker, markersize=3.5, label="forecast")


def _calendar_axis(axes: Any, is_month: bool, *, is_empty: bool) -> None:
    from matplotlib.dates import DateFormatter

    if is_empty:
        axes.set(xticks=[], yticks=[])
        return
    date_axis(axes)
    if is_month:
        axes.xaxis.set_major_formatter(DateFormatter("%b %Y"))


def _money_axis(axes: Any, label: str) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.set_ylabel(label)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(axis="y")
