"""The code location: assembles assets, checks, jobs, schedules and sensors. Nothing is defined here.

Loading it touches no network and no database; heavy libraries are imported when a step needs them.
"""

import gc
import warnings

import dagster as dg
import dagster_dbt  # noqa: F401 - imported before what follows

gc.freeze()  # the libraries' objects stay as long as the process: nobody need look for garbage among them
warnings.filterwarnings("ignore", category=dg.BetaWarning)
warnings.filterwarnings("ignore", category=dg.PreviewWarning)

from echo_assets.alerts.raising import alert_sensors  # noqa: E402 - the filter must stand before what it silences
from echo_assets.dbt_models import dbt_models  # noqa: E402
from echo_assets.drift_checks import mart_drift_checks  # noqa: E402
from echo_assets.event_streams import drain_job, event_streams  # noqa: E402
from echo_assets.experiment_portfolio import experiment_portfolio  # noqa: E402
from echo_assets.experiment_readouts import experiment_job, experiment_readouts  # noqa: E402
from echo_assets.extract_files import extract_assets  # noqa: E402
from echo_assets.feature_checks import feature_checks  # noqa: E402
from echo_assets.feature_views import feature_jobs, feature_schedules, feature_views  # noqa: E402
from echo_assets.forecast_checks import forecast_checks  # noqa: E402
from echo_assets.freshness_checks import freshness_job, freshness_schedule  # noqa: E402
from echo_assets.jobs import daily_schedule, extract_jobs, extract_schedule, ingestion_jobs, quality_job  # noqa: E402
from echo_assets.leaves import leaves  # noqa: E402
from echo_assets.model_checks import score_checks  # noqa: E402
from echo_assets.order_proof import order_proof  # noqa: E402
from echo_assets.raw_files import raw_assets  # noqa: E402
from echo_assets.readout_checks import readout_checks  # noqa: E402
from echo_assets.revenue_forecast import revenue_forecast  # noqa: E402
from echo_assets.sensors import new_file_sensor, refresh_sensor  # noqa: E402
from echo_assets.settings import Settings  # noqa: E402
from echo_assets.source_checks import source_checks  # noqa: E402
from echo_assets.sources import Sources  # noqa: E402
from echo_assets.staging_checks import staging_checks  # noqa: E402
from echo_assets.staging_tables import staging_assets  # noqa: E402
from echo_assets.stream_checks import stream_checks  # noqa: E402
from echo_assets.stream_sensor import stream_sensor  # noqa: E402
from echo_assets.table_checks import table_checks  # noqa: E402
from echo_assets.trained_models import churn_assets, training_job  # noqa: E402


def build(settings: Settings) -> dg.Definitions:
    """Everything of one installation."""
    sources = Sources(settings)
    models, watched = dbt_models(settings), source_checks(sources)
    of_figures = [*mart_drift_checks(sources), readout_checks(sources)]
    of_figures += [*feature_checks(sources), score_checks(sources), forecast_checks(sources)]
    of_stream = stream_checks(sources)
    checks = [*staging_checks(sources), *table_checks(sources), *watched, *of_figures, of_stream]
    freshness = freshness_job([*watched, of_stream])
    last, checks_of_last = leaves(sources)
    all_assets = lambda: build(settings).resolve_implicit_global_asset_job_def()  # noqa: E731
    (ingestion, daily), reading = ingestion_jobs(sources, all_assets), extract_jobs(sources, all_assets)
    readouts = [experiment_readouts(sources), experiment_portfolio(sources)]
    features, asked = feature_jobs(), [*checks, *checks_of_last]
    clicked = [drain_job(), training_job()]
    rounds = [daily_schedule(daily), freshness_schedule(freshness), *map(extract_schedule, reading)]
    trained = [*churn_assets(sources), revenue_forecast(sources), *feature_views(sources)]
    files = [*extract_assets(sources), *raw_assets(sources), *staging_assets(sources)]
    return dg.Definitions(
        assets=[*files, *models, *readouts, *trained, *last, *event_streams(sources), order_proof(sources)],
        asset_checks=asked,
        jobs=[ingestion, daily, experiment_job(), quality_job(models, asked), freshness, *clicked, *reading, *features],
        schedules=[*rounds, *feature_schedules(features)],
        sensors=[new_file_sensor(sources), refresh_sensor(sources), stream_sensor(sources), *alert_sensors(sources)],
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """The definitions under this process's environment."""
    return build(Settings.from_environment())
