"""`GET /features/{entity}/{id}`."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path

from echo_ml.features.online import OnlineRow, days_since_last_order
from echo_ml.serving.backend import Backend
from echo_ml.serving.documents.provenance import FeatureAge
from echo_ml.serving.documents.readings import Features
from echo_ml.serving.freshness import ages_of, refuse_stale
from echo_ml.serving.predicting import shown
from echo_ml.serving.problems import Unknown
from echo_ml.serving.routes.answers import problems

AT_REQUEST = "days_since_last_order"
_LAST_ORDER = "last_order_date"


def features_router(backend: Backend) -> APIRouter:
    """The endpoint."""
    router = APIRouter(tags=["features"])

    @router.get("/features/{entity}/{id:path}", response_model=Features, responses=problems(404, 409))
    def features(
        entity: Annotated[str, Path(max_length=50, examples=["customer"])],
        id: Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")],  # noqa: A002 - the path's word
    ) -> Features:
        """Say what is known online of a customer, channel or product, and how old each part is.

        A view that is older than it may be is left out or flagged, as its declaration says; 409 if nothing is left.
        """
        return read_features(backend, entity, id)

    return router


def read_features(backend: Backend, entity: str, id_: str) -> Features:
    """What is known of one entity."""
    if entity not in backend.entities:
        raise Unknown(f"there are no features of {entity!r}: there are some of {', '.join(backend.entities)}")
    now = backend.clock()
    [row] = backend.features.read(entity, [id_])
    if not row.is_known:
        raise Unknown(f"there is no {entity} {id_!r}")
    ages = ages_of(row, backend.views_by_name, now)
    served = [age for age in ages if not age.is_refused]
    if not served:
        refuse_stale(ages)
    for age in ages:
        backend.monitoring.feature_age(age.view, age.age.total_seconds() / 3600)
    views = [backend.views_by_name[age.view] for age in served]
    names = [name for view in views for name in view.names]
    return Features(
        entity=entity,
        id=id_,
        value=shown({name: row.values[name] for name in names} | _at_request(backend, row, names, now)),
        as_of=min(age.since for age in [each for each in served if each.max_age] or served),
        asked_at=now,
        feature_ages={age.view: FeatureAge.of(age) for age in ages},
        verdict=backend.verdict_on_views(views, names),
    )


def _at_request(backend: Backend, row: OnlineRow, names: list[str], now: datetime) -> dict[str, int | None]:
    """What depends on the moment of the request."""
    if _LAST_ORDER not in names:
        return {}
    return {AT_REQUEST: days_since_last_order(row.values[_LAST_ORDER], now, backend.timezone)}
