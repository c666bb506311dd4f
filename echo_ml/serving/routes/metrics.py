"""`GET /metrics` and `GET /metrics/{name}`: figures of the marts, as they stand there."""

from __future__ import annotations

from datetime import UTC, date
from typing import Annotated

from fastapi import APIRouter, Path, Query

from echo_ml.serving.backend import Backend
from echo_ml.serving.catalogue import Entry, Place, entries, entry_named, known_until, place_of, value_at
from echo_ml.serving.documents.readings import Metric, MetricEntry, MetricList, Period
from echo_ml.serving.problems import BadField, Refused
from echo_ml.serving.routes.answers import problems

Where = Annotated[str, Query(max_length=300, pattern=r"^[a-z_]+=[^\x00-\x1f\x7f]+$")]


def metrics_router(backend: Backend) -> APIRouter:
    """The endpoints."""
    router = APIRouter(tags=["metrics"])

    @router.get("/metrics", response_model=MetricList, responses=problems())
    def metrics() -> MetricList:
        """List every metric of the catalogue, and what can be asked of it."""
        return MetricList(metrics=[_entry(entry) for entry in entries(backend.database)])

    @router.get("/metrics/{name}", response_model=Metric, responses=problems(404, 409))
    def metric(
        name: Annotated[str, Path(max_length=100, examples=["total_revenue"])],
        period: Annotated[
            Period | None, Query(description="Else over all data, or as the catalogue defines it.")
        ] = None,
        as_of: Annotated[date | None, Query(description="A day of the period that is meant; else the newest.")] = None,
        where: Annotated[
            list[Where], Query(max_length=5, description="Which row: column=value, such as channel=email.")
        ] = [],  # noqa: B006 - FastAPI copies it
        accept: Annotated[
            str | None,
            Query(pattern="^red$", description="`red`: give the value out although a blocking check is red."),
        ] = None,
    ) -> Metric:
        """Give one value of a metric, as the marts have it; refused (409) while a blocking check behind it is red."""
        entry = entry_named(backend.database, name)
        place = place_of(backend.database, entry, period, as_of, _conditions(where))
        found = _answer(backend, entry, place)
        blocking = [
            f"{red.asset}: {red.check}" for red in found.verdict.red if red.blocking and red.severity == "ERROR"
        ]
        if blocking and accept != "red":
            raise Refused(
                f"{name} is refused while {', '.join(blocking[:5])} is red: `accept=red` shows it all the same",
                verdict=found.verdict.model_dump(mode="json"),
            )
        return found

    return router


def _answer(backend: Backend, entry: Entry, place: Place) -> Metric:
    now, own = backend.clock(), (place.asset, place.column)
    columns = [entry.column] if place.asset == "finance/metrics_daily" else [entry.column, own]
    verdict = backend.verdict_on(columns, place.asset)
    return Metric(
        metric=entry.metric,
        value=value_at(backend.database, place),
        unit=entry.unit,
        period=place.period,
        key=dict(place.key),
        as_of=known_until(backend.database, place, verdict.assets, now, backend.timezone).astimezone(UTC),
        asked_at=now,
        definition=entry.definition,
        definition_version=entry.definition_version,
        source=place.source,
        verdict=verdict,
    )


def _conditions(where: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in where:
        name, _, value = each.partition("=")
        if name in found:
            raise BadField(("query", "where"), f"{name} is named twice")
        found[name] = value
    return found


def _entry(entry: Entry) -> MetricEntry:
    return MetricEntry(
        metric=entry.metric, definition=entry.definition, unit=entry.unit, grain=entry.grain,
        definition_version=entry.definition_version, periods=entry.periods, key_columns=list(entry.key_columns or ()),
    )  # fmt: skip
