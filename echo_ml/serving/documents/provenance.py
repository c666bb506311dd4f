"""What every answer carries beside its value: which checks stand behind it, how old it is, which model made it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from echo_ml.serving.freshness import Age, hours
from echo_ml.serving.verdicts import Check, Standing, Status


class Document(BaseModel):
    """Any answer: exactly the declared fields."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RedCheck(Document):
    """A check that does not hold."""

    asset: str = Field(description="The asset that it is about.")
    check: str = Field(description="What should hold.")
    severity: Literal["WARN", "ERROR"]
    blocking: bool = Field(description="Whether it stops what is built on the asset.")
    evaluated_at: datetime

    @classmethod
    def of(cls, check: Check) -> RedCheck:
        """As the ledger has it."""
        return cls(
            asset=check.asset,
            check=check.name,
            severity="ERROR" if check.is_error else "WARN",
            blocking=check.is_blocking,
            evaluated_at=check.evaluated_at.astimezone(UTC),
        )


class Verdict(Document):
    """What the checks of everything behind the value say."""

    status: Status = Field(
        description="green: all hold; warned: some warn; red: some are errors; unchecked: none was asked."
    )
    red: list[RedCheck] = Field(description="The checks that do not hold, errors first.")
    checked: int = Field(description="How many checks were asked.")
    assets: list[str] = Field(description="The assets that the value is made of.")
    evaluated_at: datetime | None = Field(description="When the newest of them was evaluated.")

    @classmethod
    def of(cls, standing: Standing) -> Verdict:
        """As the checks stand."""
        return cls(
            status=standing.status,
            red=[RedCheck.of(check) for check in standing.red],
            checked=standing.checked,
            assets=list(standing.assets),
            evaluated_at=standing.evaluated_at and standing.evaluated_at.astimezone(UTC),
        )


class FeatureAge(Document):
    """How old the features of one view are."""

    event_timestamp: datetime = Field(description="When the row could be known: the end of its day.")
    age_hours: float
    max_age_hours: float | None = Field(description="From when on it is stale; null: it does not age.")
    is_stale: bool
    is_refused: bool = Field(description="Whether its features are left out for that.")

    @classmethod
    def of(cls, age: Age) -> FeatureAge:
        """As it was judged."""
        return cls(
            event_timestamp=age.since.astimezone(UTC),
            age_hours=round(hours(age.age), 3),
            max_age_hours=None if age.max_age is None else hours(age.max_age),
            is_stale=age.is_stale,
            is_refused=age.is_refused,
        )


class ModelVersion(Document):
    """The model that made a prediction."""

    name: str
    version: str = Field(description="The version in the registry; `models:/<name>/<version>` loads it.")
    run_id: str = Field(description="The MLflow run that trained it.")


class Told(Document):
    """A problem: why there is no answer."""

    detail: str
    stale: list[str] | None = Field(None, description="Feature views that are too old.")
    verdict: Verdict | None = Field(None, description="The checks for which the value is refused.")
