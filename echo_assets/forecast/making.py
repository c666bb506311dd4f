"""Making the forecast: read what is known, forecast, log it to MLflow, record it, and remember what was seen.

What was seen is recorded with the rows, in one transaction, so that a kill at any moment leaves the forecast due.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.forecast import due, stored
from echo_assets.forecast.reading import Known, known_revenue
from echo_assets.planned import days_of_partitions
from echo_assets.sources import Sources
from echo_assets.training.places import is_running, tags_of, tracking_of

if TYPE_CHECKING:
    from echo_ml.models.forecast.revenue import RevenueForecast


@dataclass(frozen=True)
class Made:
    """A forecast and the run of MLflow that has it; `is_new` unless the newest one says the same.

    `found` is None where nothing is known yet. Without `is_up_to_date` a model above was to be built, so that the
    forecast is due again once it is.
    """

    is_up_to_date: bool
    found: RevenueForecast | None = None
    model_run_id: str = ""
    link: str = ""
    is_new: bool = False


def make(context: dg.AssetExecutionContext, sources: Sources) -> Made:
    """Forecast revenue from what the warehouse knows now."""
    target = due.forecast_target(load_project().manifest)
    with sources.connection() as connection:
        marks = due.marks_of(connection, target)
        is_up_to_date = not due.must_wait(sources, target)  # asked after the marks were read, before anything else is
        seen = marks if is_up_to_date else []
        known = known_revenue(connection, days_of_partitions(sources).last, sources.settings.timezone)
        if known is None:
            due.claim(connection, seen)
            return Made(is_up_to_date)
        found = _forecast(known)
        recorded = stored.recorded_run(connection, known, found)
        model_run_id, link = _logged(context, sources, known, found, recorded)
        with connection.transaction():
            if recorded is None:
                stored.add(connection, known, found, model_run_id, context.run.run_id)
            due.claim(connection, seen)
    return Made(is_up_to_date, found, model_run_id, link, recorded is None)


def _forecast(known: Known) -> RevenueForecast:
    from echo_ml.models.forecast.revenue import revenue_forecast

    return revenue_forecast(known.history, known.as_of)


def _logged(
    context: dg.AssetExecutionContext, sources: Sources, known: Known, found: RevenueForecast, recorded: str | None
) -> tuple[str, str]:  # fmt: skip
    """The run of MLflow that has the forecast, and where a browser sees it; a new run unless there is one already.

    What killed processes have left open is ended first.
    """
    from echo_ml.models.forecast.tracked import EXPERIMENT, log

    tracking = tracking_of(sources)
    if recorded is not None:
        return recorded, tracking.run_link(tracking.experiment(EXPERIMENT), recorded)
    tracking.end_cut_off_runs(EXPERIMENT, lambda other: is_running(context.instance, other))
    with tracking.run(EXPERIMENT, f"as of {known.as_of}", tags_of(context)) as run:
        log(run, found, known.metric_version)
    return run.run_id, run.link
