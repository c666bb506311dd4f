"""What is read and handed on: features, metrics, experiment readouts, the state of the service."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import Field

from echo_ml.serving.documents.provenance import Document, FeatureAge, ModelVersion, Verdict

Period = Literal["all", "day", "month", "quarter"]


class Features(Document):
    """What is known of one entity online."""

    entity: str
    id: str
    value: dict[str, Any] = Field(description="Features by name; those of a refused view are left out.")
    as_of: datetime = Field(description="When the oldest of the views that age could be known.")
    asked_at: datetime
    feature_ages: dict[str, FeatureAge] = Field(description="By feature view; a view without a row is not there.")
    verdict: Verdict


class Metric(Document):
    """One value of one metric."""

    metric: str
    value: float | None = Field(description="In its unit, unrounded; null where it is not defined, such as 0 over 0.")
    unit: str = Field(description="currency, count, fraction (0.1 is ten percent), days or months.")
    period: Period | None = Field(description="all: over all data; null: a row of the model is about no period.")
    key: dict[str, str] = Field(description="Which row of the model it is.")
    as_of: datetime = Field(description="End of the last day that the value knows of.")
    asked_at: datetime
    definition: str
    definition_version: str = Field(description="Changes with the words, and with the SQL that makes it.")
    source: str = Field(description="The column that it was read from, as `echoctl trace` takes it.")
    verdict: Verdict


class MetricEntry(Document):
    """What there is to ask for."""

    metric: str
    definition: str
    unit: str
    grain: str
    definition_version: str
    periods: list[Period] = Field(description="What `period` may be; empty where a value is about no period.")
    key_columns: list[str] = Field(description="What `where` may name.")


class MetricList(Document):
    """Every metric of the catalogue."""

    metrics: list[MetricEntry]


class ExperimentReadout(Document):
    """What is decided about an experiment, as it was recorded."""

    experiment: str
    value: str = Field(description="The decision, such as SHIP, KEEP_RUNNING or BLOCKED.")
    variant: str | None = Field(description="The arm that it is about.")
    blocked_by: str | None
    reasons: list[str]
    would_change: list[str]
    paragraph: str = Field(description="For who has one minute.")
    as_of: datetime = Field(description="End of the day that the readout knows of.")
    day: date
    asked_at: datetime
    computed_at: datetime
    metric: str | None = Field(description="The metric that decides.")
    definition_version: str | None = Field(description="Of that metric, in the catalogue; null if it is not there.")
    readout: dict[str, Any] = Field(description="All of it, as `echoctl experiment readout --json` prints it.")
    verdict: Verdict


class ModelState(Document):
    """What is known of the model that answers."""

    name: str
    answering: ModelVersion | None
    champion: str | None = Field(description="The version that the alias points at.")
    loaded_at: datetime | None
    failures: int = Field(description="Looks in a row that failed.")
    error: str | None = Field(description="Why the newest look failed; the model before it still answers.")


class Health(Document):
    """Whether the process lives, and whether it can answer."""

    live: Literal[True]
    ready: bool = Field(description="The database answers, and a model does unless there is no champion.")
    database: Literal["up", "away"]
    model: ModelState
    asked_at: datetime


class Alive(Document):
    """The process lives."""

    live: Literal[True]
