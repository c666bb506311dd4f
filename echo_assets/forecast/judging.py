"""What must hold of the newest forecast, as questions to the tables: is it good, is it current, does it add up.

How they become asset checks is in `echo_assets/forecast_checks.py`. Whether a row agrees with itself is asked by the
suite in `echo_quality/expectations/forecast.yaml`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from echo_assets.forecast.stored import Values
from echo_quality.findings import Finding

COVERAGE_BOUNDS = {80: 0.10, 95: 0.07}
"""How far the share that intervals held may be from their level: what chance does over half a year of origins."""
LARGEST_BIAS = 0.10
LEAST_HELD = 0.65
"""Of the days that were forecast before they came, the share that must lie in their 80 % intervals."""
LEAST_PAST_DAYS = 28
_PAST_DAYS = 90

_PAST = """
with told as (
    select distinct on (as_of, period_start) period_start, lower_80, upper_80
    from finance.revenue_forecast
    where grain = 'day' and period_start > %(as_of)s::date - %(days)s and period_start <= %(as_of)s::date
    order by as_of, period_start, made_at
)
select
    count(distinct period_start) as days,
    avg((revenue between lower_80 and upper_80)::integer)::float8 as held
from told join finance.revenue_daily on transaction_date = period_start
"""
_SUMS = """
select
    months.period_start::text as month, months.forecast,
    coalesce((
        select sum(revenue) from finance.revenue_daily
        where transaction_date between months.period_start and months.as_of
    ), 0) + coalesce((
        select sum(days.forecast) from finance.revenue_forecast_latest as days
        where days.grain = 'day' and days.period_start >= months.period_start
            and days.period_start < months.period_start + interval '1 month'
    ), 0) as sum_of_days
from finance.revenue_forecast_latest as months
where months.grain = 'month' and months.method = 'sum_of_days'
order by months.period_start
"""


@dataclass(frozen=True)
class Seen:
    """What a question looks at: the newest forecast's backtests by grain, and the last day of the mart that is over.

    `waits` says why the forecast is not of what is known now; "" where it is.
    """

    connection: Connection[Any]
    backtests: Mapping[str, Values]
    last_day: date | None
    waits: str = ""

    @property
    def day(self) -> Values:
        """The backtest of days."""
        return self.backtests.get("day", {})


Question = Callable[[Seen], Finding]


def suffices(seen: Seen) -> Finding:
    """Whether there is history enough for a forecast that was put to the test."""
    untested = [_named(each) for each in seen.backtests.values() if not each["origins"]]
    facts = {f"{grain}s": each["periods"] for grain, each in seen.backtests.items()}
    if not seen.backtests:
        return Finding(True, "No revenue is known yet, so nothing is forecast.", is_error=False)
    said = "; ".join(untested) or "Both grains were put to a backtest."
    return Finding(not untested, said, is_error=False, facts=facts)


def has_mase_below_one(seen: Seen) -> Finding:
    """Whether a day is forecast better than by what the last week differs from the one before."""
    mase = seen.day.get("mase")
    if mase is None:
        return _unmeasured(seen)
    said = f"The forecast of days has a MASE of {mase:.2f} over {seen.day['origins']} origins of the backtest."
    return Finding(mase < 1, said, is_error=False, facts=_figures(seen, "mase", "baseline_mase", "ets_mase"))


def covers_as_it_says(seen: Seen) -> Finding:
    """Whether the intervals of the backtest held about as much as their level."""
    measured = [
        (grain, level, share)
        for grain, each in seen.backtests.items()
        for level in COVERAGE_BOUNDS
        if (share := each[f"coverage_{level}"]) is not None
    ]
    off = [f"{grain}s: {share:.0%} at {level} %" for grain, level, share in measured if _is_off(level, share)]
    if not measured:
        return _unmeasured(seen)
    said = "; ".join(off) or "Intervals held about as much as they say."
    return Finding(not off, said, is_error=False, facts=_figures(seen, "coverage_80", "coverage_95"))


def is_unbiased(seen: Seen) -> Finding:
    """Whether too much and too little about balance."""
    bias = seen.day.get("bias")
    if bias is None:
        return _unmeasured(seen)
    said = f"In the backtest, days were forecast {abs(bias):.1%} too {'high' if bias > 0 else 'low'} on average."
    return Finding(abs(bias) <= LARGEST_BIAS, said, is_error=False, facts=_figures(seen, "bias"))


def held_before(seen: Seen) -> Finding:
    """Whether what came lay in the intervals that were told before it came."""
    as_of = seen.day.get("as_of")
    [days, held] = seen.connection.execute(_PAST, {"as_of": as_of, "days": _PAST_DAYS}).fetchone() or (0, None)
    facts = {"days": days, **({} if held is None else {"held": held})}
    if held is None or days < LEAST_PAST_DAYS:
        said = f"{days} days have come that were forecast; from {LEAST_PAST_DAYS} on they are judged."
        return Finding(True, said, is_error=False, facts=facts)
    said = f"Of {days} days that were forecast before they came, {held:.0%} lay in their 80 % intervals."
    return Finding(held >= LEAST_HELD, said, is_error=False, facts=facts)


def is_current(seen: Seen) -> Finding:
    """Whether the forecast is of what is known now."""
    as_of = seen.day.get("as_of")
    facts = {"as_of": str(as_of or ""), "last_day": str(seen.last_day or "")}
    if seen.waits:
        return Finding(False, seen.waits, facts=facts)
    if as_of != seen.last_day:
        return Finding(
            False, f"It is as of {as_of or 'no day'}, and revenue is known up to {seen.last_day}.", facts=facts
        )
    return Finding(True, f"It is of all that is known up to {as_of}." if as_of else "No revenue is known.", facts=facts)


def adds_up(seen: Seen) -> Finding:
    """Whether every month that is the sum of its days is just that."""
    if not is_current(seen).passed:
        return Finding(True, "Not asked of a forecast that is not current: revenue may have changed since.")
    rows = seen.connection.execute(_SUMS).fetchall()
    off = [(month, forecast, days) for month, forecast, days in rows if forecast != days]
    sample = tuple(
        {"month": month, "forecast": str(forecast), "sum_of_days": str(days)} for month, forecast, days in off
    )
    said = "; ".join(f"{month}: {forecast} is not {days}" for month, forecast, days in off)
    return Finding(not off, said or f"{len(rows)} months are the sums of their days.", sample=sample)


def _is_off(level: int, share: float) -> bool:
    return abs(share - level / 100) > COVERAGE_BOUNDS[level]


def _unmeasured(seen: Seen) -> Finding:
    reasons = "; ".join(map(_named, seen.backtests.values())) or "nothing is forecast yet"
    return Finding(True, f"Not measured ({reasons}); history_suffices says whether it should be.", is_error=False)


def _figures(seen: Seen, *names: str) -> dict[str, float]:
    return {
        f"{name}_of_{grain}s": float(each[name])
        for grain, each in seen.backtests.items()
        for name in names
        if each[name] is not None
    }


def _named(backtest: Values) -> str:
    return f"{backtest['grain']}s: {backtest['reason']}"
