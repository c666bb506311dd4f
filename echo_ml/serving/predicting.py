"""Predictions: features read or given, the champion asked, and everything told that the value comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from echo_ml.features.declared import FeatureView
from echo_ml.features.online import OnlineRow
from echo_ml.serving.backend import CHURN_ASSETS, Backend
from echo_ml.serving.champion import LoadedModel
from echo_ml.serving.documents.predictions import Batch, BatchItem, ByCustomer, Prediction, Untold
from echo_ml.serving.documents.provenance import FeatureAge, ModelVersion
from echo_ml.serving.freshness import Age, ages_of, refuse_stale
from echo_ml.serving.problems import Problem, Unknown

ENTITY = "customer"


class Known:
    """What a prediction is made of: the values, and since when each view's could be known."""

    def __init__(
        self, customer_id: str | None, values: Mapping[str, Any], as_of: datetime, ages: Sequence[Age]
    ) -> None:
        """Hold them."""
        self.customer_id, self.values, self.as_of, self.ages = customer_id, values, as_of, ages

    @property
    def feature_ages(self) -> dict[str, FeatureAge]:
        """As the answer tells it."""
        return {age.view: FeatureAge.of(age) for age in self.ages}


def predict_one(backend: Backend, asked: Any) -> Prediction:
    """One prediction; a Problem says why there is none."""
    model, now = backend.champion.model(), backend.clock()
    views = backend.views_with(model.inputs, ENTITY)
    verdict = backend.verdict_on_views(views, model.inputs, *CHURN_ASSETS)
    if isinstance(asked, ByCustomer):
        [row] = backend.features.read(ENTITY, [asked.customer_id])
        known = _read(backend, model, views, row, now)
    else:
        known = _given(model, asked, now)
    [value] = _predicted(backend, model, [known.values])
    return Prediction(
        value=value, customer_id=known.customer_id, as_of=known.as_of, asked_at=now, model=version_of(model),
        features=shown(known.values), feature_ages=known.feature_ages, verdict=verdict,
    )  # fmt: skip


def predict_batch(backend: Backend, items: Sequence[Any]) -> Batch:
    """Predictions for all of them with one read and one call of the model; who has none is told why."""
    model, now = backend.champion.model(), backend.clock()
    views = backend.views_with(model.inputs, ENTITY)
    verdict = backend.verdict_on_views(views, model.inputs, *CHURN_ASSETS)
    ids = [item.customer_id for item in items if isinstance(item, ByCustomer)]
    rows = iter(backend.features.read(ENTITY, ids) if ids else ())
    found = [
        _read_or_why(backend, model, views, next(rows), now)
        if isinstance(item, ByCustomer)
        else _given(model, item, now)
        for item in items
    ]
    values = iter(_predicted(backend, model, [each.values for each in found if isinstance(each, Known)]))
    predictions = [
        _item(each, next(values)) if isinstance(each, Known) else _without(item.customer_id, each)
        for item, each in zip(items, found, strict=True)
    ]
    return Batch(predictions=predictions, asked_at=now, model=version_of(model), verdict=verdict)


def _read(
    backend: Backend, model: LoadedModel, views: Sequence[FeatureView], row: OnlineRow, now: datetime
) -> Known:  # fmt: skip
    """The model's inputs of a customer; Unknown if there are none, Refused if they are too old."""
    if not row.is_known:
        raise Unknown(f"there is no customer {row.entity_id!r}")
    missing = [view.name for view in views if view.name not in row.event_timestamps]
    if missing:
        raise Unknown(f"nothing is known of customer {row.entity_id!r} in {', '.join(missing)}")
    used = {view.name for view in views}
    ages = [age for age in ages_of(row, backend.views_by_name, now) if age.view in used]
    for age in ages:
        backend.monitoring.feature_age(age.view, age.age.total_seconds() / 3600)
    refuse_stale(ages)
    values = {name: row.values[name] for name in model.inputs}
    return Known(row.entity_id, values, min((age.since for age in ages), default=now), ages)


def _read_or_why(
    backend: Backend, model: LoadedModel, views: Sequence[FeatureView], row: OnlineRow, now: datetime
) -> Known | Problem:  # fmt: skip
    try:
        return _read(backend, model, views, row, now)
    except Problem as problem:
        return problem


def _given(model: LoadedModel, asked: Any, now: datetime) -> Known:
    given = asked.features.model_dump()
    return Known(None, {name: given[name] for name in model.inputs}, now, ())


def _predicted(backend: Backend, model: LoadedModel, rows: Sequence[Mapping[str, Any]]) -> list[float]:
    if not rows:
        return []
    values = model.predict(rows)
    backend.monitoring.predicted(model.name, model.version, len(values))
    return values


def _item(known: Known, value: float) -> BatchItem:
    return BatchItem(
        customer_id=known.customer_id, value=value, as_of=known.as_of, features=shown(known.values),
        feature_ages=known.feature_ages, problem=None,
    )  # fmt: skip


def _without(customer_id: str, problem: Problem) -> BatchItem:
    why = Untold(status=problem.status, detail=problem.detail)
    return BatchItem(
        customer_id=customer_id, value=None, as_of=None, features=None, feature_ages={}, problem=why
    )  # fmt: skip


def version_of(model: LoadedModel) -> ModelVersion:
    """The model as an answer names it."""
    return ModelVersion(name=model.name, version=model.version, run_id=model.run_id)


def shown(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as JSON has them: days and moments as texts, what is no number as null."""
    return {name: _shown(value) for name, value in values.items()}


def _shown(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return None if isinstance(value, float) and value != value else value
