"""`echoctl serve`: the API over this platform, until Ctrl-C. Settings are read here and handed to `echo_ml/serving`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from echo_assets.cli.ready import Platform, ready, tell
from echo_assets.features.places import declared_views, feature_places
from echo_assets.settings import Settings, SettingsError

if TYPE_CHECKING:
    from echo_ml.features.online import FeatureReader
    from echo_ml.serving.backend import Backend
    from echo_ml.serving.database import Database
    from echo_ml.tracking import Tracking

_TABLES_OF_MLFLOW = "select to_regclass('registered_models') is not null"


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(serve)


def serve(
    port: Annotated[int | None, typer.Option(min=1024, max=65535, help="Else ECHO_SERVE_PORT, or 8000.")] = None,
    now: Annotated[
        str | None, typer.Option(help="Answer as if it were then, for data that have ended: 2025-07-01T06:00.")
    ] = None,
) -> None:
    """Answer over HTTP: metrics, features, churn predictions and decisions, each with its origin and what checks say.

    The page is /docs, the figures for Prometheus are /prometheus. The database is started if it is not up.
    """
    from echo_ml.serving.app import create_app
    from echo_ml.serving.server import listening, require_keys, run, url_of

    settings, clock = Settings.from_environment(), _clock(now)
    host, port = settings.serve_host, port or settings.serve_port
    require_keys(host, settings.api_keys)
    try:
        listener = listening(host, port)
    except OSError as error:
        raise SettingsError("ECHO_SERVE_PORT", str(port), f"a port of {host} to listen on ({error.strerror})") from None
    with listener, ready(settings) as platform, _backend(platform, clock) as backend:
        tell(f"The API is at {url_of(host, port)}, its page at /docs. Ctrl-C ends it.")
        run(create_app(backend, settings.api_keys), listener)


def _clock(now: str | None) -> Callable[[], datetime]:
    """What time it is, or always the one that was given."""
    if now is None:
        return _wall_clock
    try:
        moment = datetime.fromisoformat(now)
    except ValueError:
        raise SettingsError(
            "--now", now, "a moment such as 2025-07-01T06:00, in UTC unless it says otherwise"
        ) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return lambda: moment.astimezone(UTC)


def _wall_clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def _backend(platform: Platform, clock: Callable[[], datetime]) -> Iterator[Backend]:
    """Everything that the API answers from; of the warehouse, only what the read-only role may see."""
    from echo_ml.serving.backend import Backend, churn_features
    from echo_ml.serving.champion import Champion
    from echo_ml.serving.database import Database
    from echo_ml.serving.registry_models import RegistryModels
    from echo_ml.serving.verdicts import VerdictBoard

    settings, views = platform.settings, declared_views()
    database = Database(platform.databases.url(read_only=True))
    models = RegistryModels(_tracking(platform))
    with _reader(platform, database) as features:
        yield Backend(
            database=database,
            features=features,
            views=views,
            champion=Champion(models, [feature.name for feature in churn_features(views)], _wall_clock),
            verdicts=VerdictBoard(database),
            clock=clock,
            timezone=settings.timezone,
            limits=settings.serving,
        )


@contextmanager
def _reader(platform: Platform, database: Database) -> Iterator[FeatureReader]:
    """Features from the tables of the warehouse, or through Feast where they are in Redis."""
    from echo_ml.features.online import OnlineFeatures
    from echo_ml.serving.redis_features import redis_features

    places = feature_places(platform.settings, platform.databases)
    places = replace(places, url=platform.databases.url(read_only=True))
    if places.redis_url is None:
        yield OnlineFeatures(database.connection, declared_views())
    else:
        with redis_features(places, declared_views()) as reader:
            yield reader


def _tracking(platform: Platform) -> Tracking:
    """MLflow as it was set, or the database of ours with the rights to read; its tables are made if there are none."""
    from echo_ml.tracking import Tracking

    given, folder = platform.settings.mlflow_tracking_uri, platform.settings.home / "mlflow"
    if given is not None:
        return Tracking.at(given, folder)
    _have_tables(platform, folder)
    return Tracking.at(platform.databases.url("mlflow", read_only=True), folder)


def _have_tables(platform: Platform, folder: Path) -> None:
    import psycopg

    from echo_ml.tracking import Tracking

    url = platform.databases.url("mlflow")
    with psycopg.connect(url) as connection:
        is_there = connection.execute(_TABLES_OF_MLFLOW).fetchone() == (True,)
    if not is_there:
        tell("Making the tables of MLflow; this takes some seconds.")
        Tracking.at(url, folder).client()
