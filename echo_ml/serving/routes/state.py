"""Whether the service lives and can answer, and its figures for Prometheus, for which alone a key is needed."""

from __future__ import annotations

from fastapi import APIRouter, Response

from echo_ml.serving.backend import Backend
from echo_ml.serving.documents.readings import Alive, Health, ModelState
from echo_ml.serving.monitoring import CONTENT_TYPE
from echo_ml.serving.predicting import version_of
from echo_ml.serving.problems import RETRY_SECONDS

PROMETHEUS = "/prometheus"
"""Not below /metrics, where a metric of that name would be."""
OPEN = ("/health", "/health/live", "/docs", "/openapi.json", "/")
"""What answers without a key."""


def state_router(backend: Backend) -> APIRouter:
    """The endpoints."""
    router = APIRouter(tags=["state"])
    away = {503: {"model": Health, "description": "It lives, and cannot answer now."}}

    @router.get("/health", response_model=Health, responses=away)  # type: ignore[arg-type]
    def health(response: Response) -> Health:
        """Say whether the service can answer (200) or not now (503), and what stands in the way."""
        found = health_of(backend)
        if not found.ready:
            response.status_code = 503
            response.headers["Retry-After"] = str(RETRY_SECONDS)
        return found

    @router.get("/health/live", response_model=Alive)
    async def live() -> Alive:
        """Say that the process lives; it asks nothing else, so a restart can follow from it."""
        return Alive(live=True)

    @router.get(
        PROMETHEUS, response_class=Response,
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )  # fmt: skip
    def prometheus() -> Response:
        """Give the service's own figures in Prometheus' format."""
        return Response(backend.monitoring.page(), media_type=CONTENT_TYPE)

    return router


def health_of(backend: Backend) -> Health:
    """What is known now."""
    champion = backend.champion
    is_up, model, state = backend.database.answers(), champion.loaded, champion.state
    return Health(
        live=True,
        ready=is_up and champion.is_settled,
        database="up" if is_up else "away",
        model=ModelState(
            name=champion.name, answering=version_of(model) if model else None, champion=state.wanted,
            loaded_at=state.loaded_at, failures=state.failures, error=state.error,
        ),
        asked_at=backend.clock(),
    )  # fmt: skip
