"""A forecast as a run of MLflow: what went in by its hash, what was found, how good it was, and what it says.

No model is kept: a forecast is made anew from its history, and the run holds that history's hash and what was fitted.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from echo_ml.models.forecast import pictures, tables
from echo_ml.models.forecast.grains import TERMS
from echo_ml.models.forecast.results import Forecast
from echo_ml.models.forecast.revenue import RevenueForecast, Row
from echo_ml.tracking import Run

EXPERIMENT = "revenue_forecast"
_SIDES = ("lower", "upper")
_COLUMNS = {"transaction_date": "date", "revenue": "double"}


def log(run: Run, found: RevenueForecast, metric_version: str) -> None:
    """Write all of it into an open run."""
    history = found.history
    run.log_params({"as_of": found.as_of.isoformat(), "metric_version": metric_version})
    profile = {"num_rows": len(history), "missing": history.missing, "first_day": history.first.isoformat()}
    run.log_dataset("finance.revenue_daily", history.sha256, "finance.revenue_daily", _COLUMNS, profile)
    for each in (found.days, found.months):
        _log_grain(run, each)
    run.log_text(tables.table_of(found), "forecast.md")
    run.log_text(tables.backtest_table(found), "backtest.md")
    if found.rows:
        run.log_table([_as_logged(row) for row in found.rows], "forecast.json")
    _log_picture(run, pictures.picture_of(found))


def _log_grain(run: Run, found: Forecast) -> None:
    grain, terms = str(found.grain), TERMS[found.grain][-1]
    params: dict[str, object] = {"method": str(found.method), "reason": found.reason, "horizon": terms.horizon}
    run.log_params({f"{grain}_{name}": value for name, value in {**params, **found.parameters}.items()})
    if accuracy := found.accuracy:
        figures = {
            "mase": accuracy.mase, "baseline_mase": accuracy.baseline_mase, "ets_mase": accuracy.ets_mase,
            "bias": accuracy.bias, "origins": float(accuracy.origins),
            **{f"coverage_{level}": share for level, share in accuracy.coverage.items()},
        }  # fmt: skip
        run.log_metrics({f"{grain}_{name}": value for name, value in figures.items()})


def _as_logged(row: Row) -> dict[str, object]:
    ends = {
        f"{side}_{level}": float(end) for level, of in row.ends.items() for side, end in zip(_SIDES, of, strict=True)
    }
    return {
        "grain": str(row.grain), "period_start": row.period_start.isoformat(), "forecast": float(row.forecast), **ends,
        "method": str(row.method),
    }  # fmt: skip


def _log_picture(run: Run, picture: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "forecast.png"
        path.write_bytes(picture)
        run.client.log_artifact(run.run_id, str(path))
