"""`GET /experiments/{name}/readout`: what is decided, as it was recorded."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query

from echo_ml.serving.backend import Backend
from echo_ml.serving.documents.readings import ExperimentReadout
from echo_ml.serving.problems import Unknown
from echo_ml.serving.routes.answers import problems

READOUTS = "readouts/experiments"
_OUTCOMES = [("experiments/experiment_outcomes", "numerator"), ("experiments/experiment_outcomes", "denominator")]
_READOUT = """
select
    experiment_id, as_of, computed_at, decision, blocked_by, variant, reasons, would_change, paragraph, readout
from experiments.readouts_latest
where experiment_id = %(experiment)s and (%(as_of)s::date is null or as_of = %(as_of)s::date)
order by as_of desc
limit 1
"""
_NAMES = 'select distinct experiment_id collate "C" as name from experiments.readouts order by 1'
_DAYS = "select min(as_of) as first, max(as_of) as last from experiments.readouts where experiment_id = %s"
_VERSION = "select definition_version from finance.metrics_catalog where metric = %s"


def experiments_router(backend: Backend) -> APIRouter:
    """The endpoint."""
    router = APIRouter(tags=["experiments"])

    @router.get("/experiments/{name:path}/readout", response_model=ExperimentReadout, responses=problems(404))
    def readout(
        name: Annotated[str, Path(max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["EXP-001"])],
        as_of: Annotated[date | None, Query(description="The day as of whose end; else the newest.")] = None,
    ) -> ExperimentReadout:
        """Say what is decided about an experiment, why, and what would change it."""
        found = backend.database.rows(_READOUT, {"experiment": name, "as_of": as_of})
        if not found:
            raise _unknown(backend, name, as_of)
        return _document(backend, found[0])

    return router


def _document(backend: Backend, row: dict[str, Any]) -> ExperimentReadout:
    metric = _deciding_metric(row["readout"])
    version = backend.database.rows(_VERSION, [metric]) if metric else []
    end = datetime.combine(row["as_of"] + timedelta(days=1), datetime.min.time(), ZoneInfo(backend.timezone))
    return ExperimentReadout(
        experiment=row["experiment_id"], value=row["decision"], variant=row["variant"], blocked_by=row["blocked_by"],
        reasons=row["reasons"], would_change=row["would_change"], paragraph=row["paragraph"],
        as_of=end.astimezone(UTC), day=row["as_of"], asked_at=backend.clock(),
        computed_at=row["computed_at"].astimezone(UTC), metric=metric,
        definition_version=version[0]["definition_version"] if version else None,
        readout=row["readout"], verdict=backend.verdict_on(_OUTCOMES, READOUTS),
    )  # fmt: skip


def _deciding_metric(readout: dict[str, Any]) -> str | None:
    """The experiment's primary metric, by its name in the catalogue; None where nothing is registered."""
    design = readout.get("design") or {}
    name: str | None = (design.get("primary") or {}).get("name")
    return name


def _unknown(backend: Backend, name: str, as_of: date | None) -> Unknown:
    [days] = backend.database.rows(_DAYS, [name])
    if days["first"] is not None:
        return Unknown(f"{name} has no readout as of {as_of}: it has some from {days['first']} to {days['last']}")
    names = [row["name"] for row in backend.database.rows(_NAMES)]
    near = get_close_matches(name, names, n=3, cutoff=0.4) or names[:3]
    return Unknown(f"there is no readout of {name!r}" + (f": did you mean {', '.join(near)}?" if near else ""))
