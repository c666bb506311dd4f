"""The forecast of one series: which method, why that one, how far off it may be. Always an answer, with its reason.

Where a backtest is impossible the baseline answers; where not even two seasons are known, nothing does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from echo_ml.models.forecast.backtest import Backtest, Fit, backtest
from echo_ml.models.forecast.choice import Verdict, compare
from echo_ml.models.forecast.closing import closed_weekdays, with_closed, without
from echo_ml.models.forecast.grains import TERMS, Terms
from echo_ml.models.forecast.history import Floats, History, begun, repeated
from echo_ml.models.forecast.intervals import (
    LEVELS,
    Band,
    Widths,
    band,
    coverage,
    widths_of,
    widths_without_backtest,
)
from echo_ml.models.forecast.naive import fit_naive
from echo_ml.models.forecast.results import Accuracy, Forecast, Method
from echo_ml.models.forecast.smoothing import fit_smoothing

MOST_MISSING = 0.2
"""The share of unknown periods above which a backtest would mostly judge what was filled in."""


@dataclass(frozen=True)
class _Chosen:
    """What is forecast by, and what is known of how far off it is."""

    method: Method
    fit: Fit
    widths: Widths
    reason: str
    accuracy: Accuracy | None = None


def forecast(history: History) -> Forecast:
    """Forecast what follows the history."""
    import scipy.linalg  # noqa: F401 - what is limited must be there
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # matrices of four rows: threads only wait for each other
        return _forecast_of(history)


def _forecast_of(history: History) -> Forecast:
    closed = closed_weekdays(history)
    terms, known = _begun(without(history, closed), [each.without(len(closed)) for each in TERMS[history.grain]])
    nothing = _why_nothing(without(history, closed), known, terms)
    found = (
        _nothing(history, nothing) if nothing else
        _forecast(known, terms, _chosen(known, repeated(known, terms.season), terms))
    )  # fmt: skip
    return with_closed(found, history, closed)


def _begun(history: History, candidates: Iterable[Terms]) -> tuple[Terms, History]:
    """The terms that the history is long enough for, and the part of it that they look at."""
    for terms in candidates:
        known = begun(history.newest(terms.most_history), terms.season)
        if len(known) >= terms.least_backtest:
            break
    return terms, known


def _chosen(known: History, values: Floats, terms: Terms) -> _Chosen:
    is_known, naive = known.known, Method.SEASONAL_NAIVE if terms.season > 1 else Method.NAIVE
    baseline = fit_naive(values, is_known, terms)
    if too_little := _why_no_backtest(known, terms):
        widths = widths_without_backtest(int(is_known[terms.season :].sum()), terms.horizon)
        return _Chosen(naive, baseline, widths, too_little)
    tested = backtest(values, is_known, terms, fit_naive)
    if flat := _why_nothing_to_smooth(known, int(tested.origins[0]), terms):
        return _Chosen(naive, baseline, widths_of(tested), flat, _accuracy(tested, tested, None, terms))
    ets = backtest(values, is_known, terms, fit_smoothing)
    verdict = compare(ets, tested, terms.horizon)
    best = ets if verdict.is_better else tested
    accuracy = _accuracy(best, tested, ets, terms)
    method, fit = (Method.ETS, fit_smoothing(values, is_known, terms)) if verdict.is_better else (naive, baseline)
    return _Chosen(method, fit, widths_of(best), _in_words(verdict, accuracy, terms), accuracy)


def _why_nothing(history: History, known: History, terms: Terms) -> str:
    periods, unit = len(history) - history.missing, terms.unit
    if periods < terms.least_forecast:
        return f"{periods} {unit} are known, and a forecast needs {terms.least_forecast}"
    if known.known.sum() < terms.least_forecast:
        return f"too few of the {len(history)} {unit} are known without a gap to tell a season"
    silent = len(known) - 1 - int(np.flatnonzero(known.known)[-1])
    if silent >= terms.horizon:
        return f"the last {silent} {unit} are not known, so that nothing says where it stands"
    return ""


def _why_no_backtest(known: History, terms: Terms) -> str:
    unit = terms.unit
    if len(known) < terms.least_backtest:
        too_short = f"{len(known)} {unit} of history, and a backtest needs {terms.least_backtest}"
        return f"{too_short}: {terms.repeats} is repeated"
    before = known.known[: terms.least_train]
    if known.missing > MOST_MISSING * len(known) or before.mean() < 1 - MOST_MISSING:
        gappy = f"{known.missing} of {len(known)} {unit} are not known, too many for a backtest"
        return f"{gappy}: {terms.repeats} is repeated"
    return ""


def _why_nothing_to_smooth(known: History, first_origin: int, terms: Terms) -> str:
    unit = terms.unit
    if np.ptp(known.values[known.known]) == 0:
        return f"all {unit} are the same, so there is nothing to smooth"
    before = known.values[:first_origin]
    if np.ptp(before[~np.isnan(before)]) == 0:
        return f"the first {first_origin} {unit} are all the same: too little to learn from before the backtest"
    return ""


def _in_words(verdict: Verdict, accuracy: Accuracy, terms: Terms) -> str:
    what, over = f"repeating {terms.repeats}", f"over {accuracy.origins} origins of the backtest"
    if verdict.needed is None:
        return f"{what} was never wrong {over}"
    noise = f"t = {verdict.t:.1f}, and from {verdict.needed:.1f} on it is more than noise"
    share = f"{abs(verdict.saves):.1%} {'less' if verdict.saves >= 0 else 'more'} than {what}"
    head = "" if verdict.is_better else "the baseline stays: "
    return f"{head}exponential smoothing errs {share} {over} ({noise})"


def _accuracy(chosen: Backtest, naive: Backtest, ets: Backtest | None, terms: Terms) -> Accuracy:
    return Accuracy(
        origins=len(chosen.origins), mase=chosen.mase, baseline_mase=naive.mase, ets_mase=ets.mase if ets else None,
        coverage={level: coverage(chosen, level, terms.horizon) for level in LEVELS}, bias=chosen.bias,
    )  # fmt: skip


def _nothing(history: History, reason: str) -> Forecast:
    none = np.empty(0)
    bands = {level: Band(none, none) for level in LEVELS}
    return Forecast(history.grain, history.end, Method.NONE, reason, "", none, bands, none, bands, None)


def _forecast(known: History, terms: Terms, chosen: _Chosen) -> Forecast:
    """What a fitted method says of the periods after the history, with bands as wide as it was off."""
    fit, scale = chosen.fit, chosen.fit.scale
    [centres] = fit.centres(repeated(known, terms.season), np.array([len(known)]))
    lowest = 0.0 if np.nanmin(known.values) >= 0 else -np.inf
    points = np.maximum(scale.back(centres), lowest)
    sums, spread = np.cumsum(points), scale.spread_of_sums(scale.back(centres), fit.spread)
    bands = {level: band(scale, points, fit.spread, chosen.widths.periods[level], lowest) for level in LEVELS}
    of_sums = {level: band(scale, sums, spread, chosen.widths.sums[level], lowest) for level in LEVELS}
    source = (
        f"errors of the backtest, {chosen.accuracy.origins} origins" if chosen.accuracy else
        f"differences from {terms.repeats} within the history, by Student's t"
    )  # fmt: skip
    return Forecast(
        known.grain, known.end, chosen.method, chosen.reason, source, points, bands, sums, of_sums, chosen.accuracy,
        {**fit.parameters, "is_log": float(scale.is_log)},
    )  # fmt: skip
