r"""How good the revenue forecast is, beside seasonal naive and plain statsmodels ETS, on what came afterwards.

    python benchmarks/forecast_accuracy.py [--days 540] [--cuts 4] [--seeds 2] [--rows 20000]

Series of known kinds and the sales of `echoctl generate` are cut at several days; each method sees what lies before a
cut and is judged by the five weeks after it. Prints MASE (mean absolute error over the mean difference of two weeks in
a row), the share of days that the intervals held, seconds a forecast (its backtest included), and ratios of MASE.
Plain ETS is `ETSModel` with its defaults, a damped trend and a weekly season, on the values as they are. Ends with 1 if
ours is worse than seasonal naive on average, or its intervals hold less than 70 or 88 of 100 days that should be 80 and
95.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from echo_ml.models.forecast.forecast import forecast
from echo_ml.models.forecast.grains import DAYS, Grain
from echo_ml.models.forecast.history import Floats, History
from echo_quality.synthetic import generate

WEEK = np.array([1.0, 1.05, 1.1, 1.1, 1.2, 0.75, 0.6])
LEVELS = {80: 1.2816, 95: 1.96}
FIRST = date(2024, 1, 1)
Bands = dict[int, tuple[Floats, Floats]]
Method = Callable[[Floats], tuple[Floats, Bands]]


@dataclass(frozen=True)
class Judged:
    """One method on one cut."""

    mase: float
    held: dict[int, float]
    seconds: float


def kinds(days: int, seed: int) -> Iterator[tuple[str, Floats]]:
    """Series of a known structure."""
    rng, day = np.random.default_rng(seed), np.arange(days)
    week, year = WEEK[day % 7], 1 + 0.15 * np.sin(2 * np.pi * day / 365.25)
    yield "week, noise", 1000 * week * np.exp(rng.normal(0, 0.3, days))
    yield "trend, week, year, noise", 1000 * (1 + day / days / 2) * week * year * np.exp(rng.normal(0, 0.08, days))
    yield "wandering level, week", 1000 * week * np.exp(np.cumsum(rng.normal(0, 0.03, days)) + rng.normal(0, 0.1, days))
    yield "one step up, week", np.where(day < days * 0.6, 1000, 1500) * week * np.exp(rng.normal(0, 0.15, days))
    yield "heavy tails, week", 1000 * week * np.exp(0.2 * rng.standard_t(3, days))
    yield "few sales, many zeros", np.array([rng.gamma(2, 50, rng.poisson(0.7 * each)).sum() for each in week])
    yield "returns below zero", 200 + 200 * week + 80 * np.sin(day / 60) + rng.normal(0, 150, days)


def generated(rows: int) -> Floats:
    """Counted revenue by day of the demo's sales."""
    import pandas as pd

    with tempfile.TemporaryDirectory() as folder:
        made = generate(rows, Path(folder), overwrite=True).generator
        files = [pd.read_csv(path, dtype=str) for path in sorted(Path(folder, "revenue").glob("*.csv"))]
    lines = pd.concat(files).drop_duplicates("transaction_id", keep="last")
    lines = lines[lines["status"].isin(made.counted_statuses)]
    lines["amount"] = pd.to_numeric(lines["amount"], errors="coerce")
    lines["day"] = pd.to_datetime(lines["transaction_date"], format="%Y-%m-%d", errors="coerce")
    end = pd.Timestamp(made.start) + pd.DateOffset(months=made.months)
    good = lines[(lines["amount"] <= 1_000_000) & (lines["day"] < end)]
    return good.groupby("day")["amount"].sum().asfreq("D", fill_value=0.0).to_numpy()


def ours(known: Floats) -> tuple[Floats, Bands]:
    """The platform's forecast of days."""
    found = forecast(History(Grain.DAY, FIRST, known))
    return found.values, {level: (found.bands[level].lower, found.bands[level].upper) for level in LEVELS}


def seasonal_naive(known: Floats) -> tuple[Floats, Bands]:
    """The last week again, with normal intervals that widen as a random walk of weeks."""
    values = np.tile(known[-7:], -(-DAYS.horizon // 7))[: DAYS.horizon]
    weeks = np.arange(DAYS.horizon) // 7 + 1
    spread = np.sqrt(np.mean((known[7:] - known[:-7]) ** 2) * weeks)
    return values, {level: (values - z * spread, values + z * spread) for level, z in LEVELS.items()}


def plain_ets(known: Floats) -> tuple[Floats, Bands]:
    """Statsmodels alone, with its own intervals."""
    import pandas as pd
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = ETSModel(pd.Series(known), trend="add", damped_trend=True, seasonal="add", seasonal_periods=7)
        predicted = model.fit(disp=False).get_prediction(len(known), len(known) + DAYS.horizon - 1)
        frames = {level: predicted.summary_frame(alpha=1 - level / 100) for level in LEVELS}
    bands = {level: (frame["pi_lower"].to_numpy(), frame["pi_upper"].to_numpy()) for level, frame in frames.items()}
    return frames[80]["mean"].to_numpy(), bands


METHODS: dict[str, Method] = {"ours": ours, "seasonal naive": seasonal_naive, "plain ETS": plain_ets}


def judged(method: Method, known: Floats, came: Floats) -> Judged:
    """One forecast, held against what came."""
    start = time.perf_counter()
    values, bands = method(known)
    seconds = time.perf_counter() - start
    mase = float(np.abs(values - came).mean() / np.abs(known[7:] - known[:-7]).mean())
    held = {level: float(((low <= came) & (came <= high)).mean()) for level, (low, high) in bands.items()}
    return Judged(mase, held, seconds)


def results(series: list[Floats], cuts: int) -> dict[str, list[Judged]]:
    """Every method at every cut of every series; the cuts are five weeks apart, and the last one is before the end."""
    places = [(each, len(each) - DAYS.horizon * (1 + cut)) for each in series for cut in range(cuts)]
    return {
        name: [judged(method, each[:at], each[at : at + DAYS.horizon]) for each, at in places]
        for name, method in METHODS.items()
    }


def row(name: str, found: dict[str, list[Judged]]) -> str:
    """MASE, coverage and seconds of each method, then the ratios of MASE."""
    cells = []
    for each in found.values():
        held = "/".join(f"{np.mean([one.held[level] for one in each]):.2f}" for level in LEVELS)
        cells.append(f"{_mase(each):6.2f} {held:>10} {np.mean([one.seconds for one in each]):6.2f}s")
    ratios = "".join(f"{_mase(found['ours']) / _mase(found[other]):14.2f}" for other in list(METHODS)[1:])
    return f"{name:26}" + "  ".join(cells) + ratios


def _mase(found: list[Judged]) -> float:
    return float(np.mean([each.mase for each in found]))


def main() -> None:
    """Measure every kind and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, usual in (("days", 540), ("cuts", 4), ("seeds", 2), ("rows", 20_000)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    asked = parser.parse_args()
    seeds = [dict(kinds(asked.days, seed)) for seed in range(asked.seeds)]
    series = {kind: [of[kind] for of in seeds] for kind in seeds[0]}
    series["echoctl generate"] = [generated(asked.rows)]
    print(f"{'':26}" + "  ".join(f"{name:^24}" for name in METHODS) + "  ours/naive  ours/plain ETS")
    print(f"{'':26}" + "  ".join(f"{'MASE':>6} {'80/95':>10} {'':>7}" for _ in METHODS))
    plain_ets(next(iter(series.values()))[0])  # pays for the imports
    found = {kind: results(each, asked.cuts) for kind, each in series.items()}
    for kind, each in found.items():
        print(row(kind, each), flush=True)
    everything = {name: [one for each in found.values() for one in each[name]] for name in METHODS}
    print(row("all", everything))
    sys.exit("; ".join(misses(everything)) or None)


def misses(found: dict[str, list[Judged]]) -> list[str]:
    """What is not as it should be, over all series."""
    least = {80: 0.70, 95: 0.88}
    held = {level: float(np.mean([one.held[level] for one in found["ours"]])) for level in LEVELS}
    wrong = [f"intervals at {level} % held {share:.0%}" for level, share in held.items() if share < least[level]]
    return wrong + (["worse than seasonal naive"] if _mase(found["ours"]) > _mase(found["seasonal naive"]) else [])


if __name__ == "__main__":
    main()
