"""The API as one ASGI application over a backend: endpoints inside, the gate around them. It only assembles."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import anyio.to_thread
from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer
from fastapi.telemetry import TelemetryConfig
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from echo_ml.features.online import FeaturesNotReady
from echo_ml.serving.backend import Backend
from echo_ml.serving.gate.access_log import AccessLog
from echo_ml.serving.gate.answering import App
from echo_ml.serving.gate.body import BodyGate
from echo_ml.serving.gate.deadline import Deadline
from echo_ml.serving.gate.keys import KeyGate, Keys
from echo_ml.serving.gate.rate import Buckets, RateGate
from echo_ml.serving.problems import BadField, Problem, Unavailable
from echo_ml.serving.routes.docs_page import docs_router
from echo_ml.serving.routes.experiments import experiments_router
from echo_ml.serving.routes.features import features_router
from echo_ml.serving.routes.metrics import metrics_router
from echo_ml.serving.routes.predict import predict_router
from echo_ml.serving.routes.state import OPEN, health_of, state_router
from echo_ml.serving.watching import Watch

TITLE = "Echo"
_DESCRIPTION = """Metrics, features, predictions and decisions of one warehouse. Every answer says as of when it is,
what made it, and what the checks of everything behind it say."""
_SILENT = TelemetryConfig(tracing=False, metrics=False, logs=False, operation_spans=False, auto_configure=False)
"""FastAPI would hand paths, which hold identifiers, to whatever OpenTelemetry finds in the environment."""
THREADS = 16
"""Requests that are worked on at once; more would wait for the same two cores and connections."""
BODY_SECONDS, ANSWER_SECONDS = 10.0, 5.0
CHAMPION_SECONDS, VERDICT_SECONDS = 5.0, 2.0
THIS_MACHINE = ["127.0.0.1", "localhost", "::1", "[::1]"]


def create_app(backend: Backend, keys: Sequence[str] = (), *, watch: bool = True) -> App:
    """Endpoints within the gate. `watch`: keep champion and verdicts up to date while the application runs."""
    api = endpoints(backend, bool(keys), watch=watch)
    limits, known = backend.limits, Keys(keys)
    app: App = BodyGate(api, limits.max_body_bytes, BODY_SECONDS)
    app = RateGate(app, Buckets(limits.rate, limits.burst), frozenset({"/health/live"}))
    app = KeyGate(app, known, OPEN, Buckets(1, 10))
    app = Deadline(app, BODY_SECONDS + ANSWER_SECONDS)
    if not known:
        # A page in a browser on this machine may not reach us under a name of its own.
        app = TrustedHostMiddleware(app, allowed_hosts=THIS_MACHINE, www_redirect=False)
    return AccessLog(app, backend.monitoring)


def endpoints(backend: Backend, asks_for_keys: bool, *, watch: bool) -> FastAPI:
    """The API without the gate."""
    api = FastAPI(
        title=TITLE, version=_version(), description=_DESCRIPTION, docs_url=None, redoc_url=None,
        telemetry=_SILENT, openapi_url="/openapi.json", lifespan=lambda _: _running(backend, watch),
        dependencies=[Depends(HTTPBearer(auto_error=False))] if asks_for_keys else None,
    )  # fmt: skip
    for router in (predict_router, features_router, metrics_router, experiments_router, state_router):
        api.include_router(router(backend))
    api.include_router(docs_router(TITLE))
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(FeaturesNotReady, _not_ready)
    api.add_exception_handler(RequestValidationError, _invalid)
    api.add_exception_handler(HTTPException, _other)
    backend.monitoring.watch(lambda: health_of(backend).ready, lambda: backend.champion.state.failures)
    return api


@asynccontextmanager
async def _running(backend: Backend, watch: bool) -> AsyncIterator[None]:
    """Keep looking at champion and verdicts until the server ends."""
    anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
    watches = [
        Watch("champion", backend.champion.look, CHAMPION_SECONDS),
        Watch("verdicts", backend.verdicts.refresh, VERDICT_SECONDS),
    ]
    for each in watches if watch else ():
        each.start()
    try:
        yield
    finally:
        for each in watches if watch else ():
            each.stop()
        backend.database.close()


def _problem(_: Request, error: Any) -> JSONResponse:
    return JSONResponse(error.document(), error.status, headers=error.headers)


def _not_ready(request: Request, error: Exception) -> JSONResponse:
    return _problem(request, Unavailable(str(error)))


def _invalid(_: Request, error: Any) -> JSONResponse:
    """Which field is wrong and why; what was sent is not repeated, since it may be anything."""
    kept = [{name: each[name] for name in ("type", "loc", "msg")} for each in error.errors()]
    return JSONResponse({"detail": kept}, 422)


def _other(request: Request, error: Any) -> JSONResponse:
    """What FastAPI says by itself; a body that is no text is bad input like any other."""
    if error.status_code == 400:
        return _problem(request, BadField(("body",), "the body is no JSON text", "json_invalid"))
    return JSONResponse({"detail": error.detail}, error.status_code, headers=error.headers)


def _version() -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return version("echo-data-platform")
    except PackageNotFoundError:
        return "0"
