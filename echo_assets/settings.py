"""The only reader of environment variables: every setting of the platform as one frozen value.

What a setting means and its default are documented in ``.env.example``; a test keeps the two in step.
Nothing here touches the disk or the network; no other module reads ``os.environ`` for configuration.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from echo_ml.serving.limits import SHORTEST_KEY, ServingLimits
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
            home=given.read("ECHO_HOME", _path, _path("./.echo")),
            landing=given.read("ECHO_LANDING", _path, _path("./data/landing")),
            contracts=given.read("ECHO_CONTRACTS", _path, PROJECT / "echo_quality" / "contracts"),
            database_url=given.read("ECHO_DATABASE_URL", _database_url, None),
            kafka_bootstrap=given.read("ECHO_KAFKA_BOOTSTRAP", str, None),
            mlflow_tracking_uri=given.read("MLFLOW_TRACKING_URI", str, None),
            redis_url=given.read("ECHO_REDIS_URL", _redis_url, None),
            alert_url=given.read("ECHO_ALERT_URL", str, None),
            alert_repeat_hours=given.read("ECHO_ALERT_REPEAT_HOURS", _hours, 24),
            alert_max_per_hour=given.read("ECHO_ALERT_MAX_PER_HOUR", _messages, 20),
            alert_restatements=given.read("ECHO_ALERT_RESTATEMENTS", _flag, False),
            timezone=given.read("ECHO_TIMEZONE", _timezone, "UTC"),
            start_date=given.read("ECHO_START_DATE", _date, date(2023, 1, 1)),
            max_rejected_share=given.read("ECHO_MAX_REJECTED_SHARE", _share, None),
            churn_horizon_days=given.read("ECHO_CHURN_HORIZON_DAYS", _horizon, 90),
            dbt_subprocess=given.read("ECHO_DBT_SUBPROCESS", _flag, False),
            parallel_runs=given.read("ECHO_PARALLEL_RUNS", _processes, min(os.cpu_count() or 1, 4)),
            memory_limit_mb=given.read("ECHO_MEMORY_LIMIT_MB", _megabytes, 96),
            postgres_port=given.read("ECHO_POSTGRES_PORT", _port, None),
            limits=given.limits(),
            api_keys=given.read("ECHO_API_KEYS", _api_keys, ()),
            serve_host=given.read("ECHO_SERVE_HOST", _host, "127.0.0.1"),
            serve_port=given.read("ECHO_SERVE_PORT", _port, 8000),
            serving=given.serving(),
            stream=given.stream(),
        )


def secret(variable: str) -> str:
    """The value of a variable that a contract names because it is secret; it is part of no setting and of no log."""
    found = os.environ.get(variable, "").strip()
    if not found:
        raise SettingsError(variable, "", "what a contract's server needs: a database URL or a token")
    return found


class _Refused(ValueError):
    """What was expected instead, and what may be shown of the value (None: all of it)."""

    def __init__(self, accepted: str, shown: str | None = None) -> None:
        super().__init__(accepted)
        self.accepted = accepted
        self.shown = shown


@dataclass(frozen=True)
class _Given:
    environment: Mapping[str, str]

    def read(self, variable: str, parse: Callable[[str], Parsed], default: Default) -> Parsed | Default:
        text = self.environment.get(variable, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except _Refused as refused:
            raise SettingsError(variable, refused.shown or text, refused.accepted) from None

    def limits(self) -> Limits:
        """How large a file may be: one variable a limit."""
        usual = Limits()
        given = {each.name: self.read(Limits.setting(each.name), _limit(each.name), None) for each in fields(Limits)}
        return replace(usual, **{name: value for name, value in given.items() if value is not None})

    def serving(self) -> ServingLimits:
        """What a caller of the API may do: one variable a limit."""
        usual = ServingLimits()
        given = {
            name: self.read(ServingLimits.setting(name), _between(*bounds), getattr(usual, name))
            for name, bounds in _SERVING.items()
        }
        return replace(usual, **given)

    def stream(self) -> StreamOptions:
        """What is consumed, and how the broker is spoken to: one variable an option."""
        names = [each.name for each in fields(StreamOptions)]
        return StreamOptions.of({name: self.read(StreamOptions.setting(name), _option(name), None) for name in names})


def _option(name: str) -> Callable[[str], str | int]:
    def parse(text: str) -> str | int:
        try:
            return StreamOptions.read(name, text)
        except ValueError as error:
            raise _Refused(str(error)) from None

    return parse


def _path(text: str) -> Path:
    return Path(text).expanduser().resolve()


def _database_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise _Refused("a PostgreSQL URL such as postgresql://user@host:5432/warehouse", f"{parts.scheme or '...'}:...")
    return text


def _redis_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise _Refused("a Redis URL such as redis://:secret@host:6379/0", f"{parts.scheme or '...'}:...")
    if "," in unquote(parts.netloc):
        raise _Refused("a Redis URL without a comma in user and password: Feast splits there", f"{parts.scheme}:...")
    return text


def _timezone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError, ValueError):  # unknown, a folder of the database, not a name at all
        raise _Refused("a time zone of the IANA database such as UTC or Europe/Berlin") from None


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Refused("a date such as 2023-01-31") from None


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:
        raise _Refused("a number from 0 to 1")
    return share


def _flag(text: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in known:
        raise _Refused("1 or 0 (true, yes, on; false, no, off)")
    return known[text.lower()]


def _megabytes(text: str) -> int:
    return _whole(text, 50, 1_000_000)


def _processes(text: str) -> int:
    return _whole(text, 1, 64)


def _limit(name: str) -> Callable[[str], int]:
    """DuckDB reads a line as a whole, so that lines and fields cannot be as large as one likes."""
    most = 8_000_000 if name.endswith("characters") else 100_000_000
    return lambda text: _whole(text, 1, most)


_SERVING = {"rate": (1, 100_000), "max_batch": (1, 10_000), "max_body_kb": (1, 100_000)}
"""The limits of the API, and what each may be."""


def _between(low: int, high: int) -> Callable[[str], int]:
    return lambda text: _whole(text, low, high)


def _api_keys(text: str) -> tuple[str, ...]:
    keys = tuple(filter(None, (key.strip() for key in text.split(","))))
    if not all(len(key) >= SHORTEST_KEY and key.isascii() and key.isprintable() and " " not in key for key in keys):
        raise _Refused(f"keys of {SHORTEST_KEY} characters or more, separated by commas, without blanks", "...")
    return keys


def _host(text: str) -> str:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise _Refused("an address to listen on, such as 127.0.0.1, ::1 or 0.0.0.0") from None


def _hours(text: str) -> int:
    return _whole(text, 1, 8760)


def _messages(text: str) -> int:
    return _whole(text, 1, 1000)


def _horizon(text: str) -> int:
    return _whole(text, 7, 365)


def _port(text: str) -> int:
    return _whole(text, 1024, 65535)


def _whole(text: str, low: int, high: int) -> int:
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise _Refused(f"a whole number from {low} to {high}")
    return int(text)
