"""What churn is predicted for, and the prediction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, create_model

from echo_ml.features.declared import NUMBER, TRUTH, WHOLE, Feature
from echo_ml.serving.documents.provenance import Document, FeatureAge, ModelVersion, Verdict

Identifier = Annotated[
    str,
    Field(
        min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["C000123"],
        description="As the sources have it; no control characters.",
    ),
]  # fmt: skip
FeatureValue = bool | int | float | str | None
LARGEST = 1e15
"""Larger numbers are no business figures, and lose their digits as floating point."""


class Asked(BaseModel):
    """Any body: nothing but the declared fields, each of its own type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ByCustomer(Asked):
    """A customer whose features are read online."""

    customer_id: Identifier


class Prediction(Document):
    """How likely one customer is to churn, and where that comes from."""

    value: float = Field(ge=0, le=1, description="Probability of churn within the model's horizon.")
    customer_id: str | None = Field(description="Null where features were given.")
    as_of: datetime = Field(description="When what the prediction is made of could be known.")
    asked_at: datetime
    model: ModelVersion
    features: dict[str, FeatureValue] = Field(description="What the model was given.")
    feature_ages: dict[str, FeatureAge] = Field(description="By feature view; empty where features were given.")
    verdict: Verdict


class Untold(Document):
    """Why one of a batch has no prediction."""

    status: int = Field(description="What the status would have been, had it been asked for alone.")
    detail: str


class BatchItem(Document):
    """One of a batch: a prediction, or why there is none."""

    customer_id: str | None
    value: float | None
    as_of: datetime | None
    features: dict[str, FeatureValue] | None
    feature_ages: dict[str, FeatureAge]
    problem: Untold | None


class Batch(Document):
    """Predictions in the order in which they were asked for, all by one version of the model."""

    predictions: list[BatchItem]
    asked_at: datetime
    model: ModelVersion
    verdict: Verdict


def request_models(features: Sequence[Feature], max_batch: int) -> tuple[Any, Any]:
    """The bodies of one prediction and of a batch; what may be given as features follows from their declarations."""
    fields: dict[str, Any] = {
        feature.name: (_kind(feature), Field(description=_meaning(feature))) for feature in features
    }
    given = create_model(
        "ChurnFeatures", __base__=Asked, __doc__="Every feature of the model; null for none.", **fields
    )
    by_features = create_model(
        "ByFeatures", __base__=Asked, __doc__="Features that are given instead of read.", features=(given, ...)
    )
    one = Annotated[
        Annotated[ByCustomer, Tag("customer_id")] | Annotated[by_features, Tag("features")],  # type: ignore[valid-type]
        Discriminator(_which),
    ]
    batch = create_model(
        "ChurnBatch", __base__=Asked, __doc__="Several at once.",
        items=(list[one], Field(min_length=1, max_length=max_batch)),
    )  # fmt: skip
    return one, batch


def _which(body: Any) -> str:
    given = body if isinstance(body, dict) else getattr(body, "__dict__", {})
    return "features" if "features" in given and "customer_id" not in given else "customer_id"


def _kind(feature: Feature) -> Any:
    if feature.kind in (NUMBER, WHOLE):
        return Annotated[float, Field(allow_inf_nan=False, ge=-LARGEST, le=LARGEST)] | None
    if feature.kind == TRUTH:
        return bool | None
    return Annotated[str, Field(max_length=200)] | None


def _meaning(feature: Feature) -> str:
    null = f" Null: {feature.when_null}." if feature.when_null else ""
    window = f" Window: {feature.window}." if feature.window else ""
    return f"{feature.description}{window}{null}"
