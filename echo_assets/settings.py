"""The only reader of environment variables: every setting of the platform as one frozen value.

What a setting means and its default are documented in ``.env.example``; a test keeps the two in step.
Nothing here touches the disk or the network; no other module reads ``os.environ`` for configuration.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from pathlib import Path
from typing import TypeVar

from echo_assets import settings_values as values
from echo_ml.serving.limits import ServingLimits
from echo_quality.loading.limits import Limits
from echo_streaming.options import StreamOptions

Parsed = TypeVar("Parsed")
Default = TypeVar("Default")

PROJECT = Path(__file__).resolve().parent.parent
"""The folder that holds the packages: the checkout, or site-packages once installed."""


class SettingsError(RuntimeError):
    """A variable holds what it must not; the message names it, its value and what is accepted."""

    def __init__(self, variable: str, value: str, accepted: str) -> None:
        """Build the message from the three things a user needs."""
        super().__init__(f"{variable}={value!r} is not usable: expected {accepted}.")


@dataclass(frozen=True)
class Settings:
    """Where things are and how they behave; one per process, passed on, never global.

    What may hold a password is left out of the representation, so that it reaches no log.
    """

    home: Path
    landing: Path
    contracts: Path
    database_url: str | None = field(default=None, repr=False)
    kafka_bootstrap: str | None = None
    mlflow_tracking_uri: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    alert_url: str | None = field(default=None, repr=False)
    alert_repeat_hours: int = 24
    alert_max_per_hour: int = 20
    alert_restatements: bool = False
    timezone: str = "UTC"
    start_date: date = date(2023, 1, 1)
    max_rejected_share: float | None = None
    churn_horizon_days: int = 90
    dbt_subprocess: bool = False
    parallel_runs: int = 1
    memory_limit_mb: int = 96
    postgres_port: int | None = None
    limits: Limits = field(default_factory=Limits)
    api_keys: tuple[str, ...] = field(default=(), repr=False)
    serve_host: str = "127.0.0.1"
    serve_port: int = 8000
    serving: ServingLimits = field(default_factory=ServingLimits)
    stream: StreamOptions = field(default_factory=StreamOptions)

    @property
    def lake(self) -> Path:
        """The archived bytes and the Parquet copies of accepted loads."""
        return self.home / "lake"

    @property
    def dagster_home(self) -> Path:
        """DAGSTER_HOME: the rendered dagster.yaml and run logs."""
        return self.home / "dagster"

    @property
    def postgres_home(self) -> Path:
        """What the embedded server keeps: port, password file, and usually its data."""
        return self.home / "postgres"

    @property
    def training_sets(self) -> Path:
        """Training sets as Parquet, by the hash of their content."""
        return self.home / "models" / "training_sets"

    @property
    def mlflow(self) -> Path:
        """The files of runs and models, where MLflow is a database."""
        return self.home / "mlflow"

    @property
    def docs(self) -> Path:
        """Rendered pages: reports and data documentation."""
        return self.home / "docs"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read every variable; None means this process's environment, and an empty value means unset."""
        given = _Given(os.environ if environment is None else environment)
        return cls(
            home=given.read("ECHO_HOME", values.path, values.path("./.echo")),
            landing=given.read("ECHO_LANDING", values.path, values.path("./data/landing")),
            contracts=given.read("ECHO_CONTRACTS", values.path, PROJECT / "echo_quality" / "contracts"),
            database_url=given.read("ECHO_DATABASE_URL", values.database_url, None),
            kafka_bootstrap=given.read("ECHO_KAFKA_BOOTSTRAP", str, None),
            mlflow_tracking_uri=given.read("MLFLOW_TRACKING_URI", str, None),
            redis_url=given.read("ECHO_REDIS_URL", values.redis_url, None),
            alert_url=given.read("ECHO_ALERT_URL", str, None),
            alert_repeat_hours=given.read("ECHO_ALERT_REPEAT_HOURS", values.hours, 24),
            alert_max_per_hour=given.read("ECHO_ALERT_MAX_PER_HOUR", values.messages, 20),
            alert_restatements=given.read("ECHO_ALERT_RESTATEMENTS", values.flag, False),
            timezone=given.read("ECHO_TIMEZONE", values.timezone, "UTC"),
            start_date=given.read("ECHO_START_DATE", values.day, date(2023, 1, 1)),
            max_rejected_share=given.read("ECHO_MAX_REJECTED_SHARE", values.share, None),
            churn_horizon_days=given.read("ECHO_CHURN_HORIZON_DAYS", values.horizon, 90),
            dbt_subprocess=given.read("ECHO_DBT_SUBPROCESS", values.flag, False),
            parallel_runs=given.read("ECHO_PARALLEL_RUNS", values.processes, min(os.cpu_count() or 1, 4)),
            memory_limit_mb=given.read("ECHO_MEMORY_LIMIT_MB", values.megabytes, 96),
            postgres_port=given.read("ECHO_POSTGRES_PORT", values.port, None),
            limits=given.limits(),
            api_keys=given.read("ECHO_API_KEYS", values.api_keys, ()),
            serve_host=given.read("ECHO_SERVE_HOST", values.host, "127.0.0.1"),
            serve_port=given.read("ECHO_SERVE_PORT", values.port, 8000),
            serving=given.serving(),
            stream=given.stream(),
        )


def secret(variable: str) -> str:
    """The value of a variable that a contract names because it is secret; it is part of no setting and of no log."""
    found = os.environ.get(variable, "").strip()
    if not found:
        raise SettingsError(variable, "", "what a contract's server needs: a database URL or a token")
    return found


_SERVING = {"rate": (1, 100_000), "max_batch": (1, 10_000), "max_body_kb": (1, 100_000)}
"""The limits of the API, and what each may be."""


@dataclass(frozen=True)
class _Given:
    environment: Mapping[str, str]

    def read(self, variable: str, parse: Callable[[str], Parsed], default: Default) -> Parsed | Default:
        text = self.environment.get(variable, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except values.Refused as refused:
            raise SettingsError(variable, refused.shown or text, refused.accepted) from None

    def limits(self) -> Limits:
        """How large a file may be: one variable a limit."""
        usual = Limits()
        given = {
            each.name: self.read(Limits.setting(each.name), values.limit(each.name), None) for each in fields(Limits)
        }
        return replace(usual, **{name: value for name, value in given.items() if value is not None})

    def serving(self) -> ServingLimits:
        """What a caller of the API may do: one variable a limit."""
        usual = ServingLimits()
        given = {
            name: self.read(ServingLimits.setting(name), values.between(*bounds), getattr(usual, name))
            for name, bounds in _SERVING.items()
        }
        return replace(usual, **given)

    def stream(self) -> StreamOptions:
        """What is consumed, and how the broker is spoken to: one variable an option."""
        names = [each.name for each in fields(StreamOptions)]
        return StreamOptions.of(
            {name: self.read(StreamOptions.setting(name), values.option(name), None) for name in names}
        )
