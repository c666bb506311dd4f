"""Requests that schemathesis makes of the OpenAPI schema: no answer may contradict it, whatever is asked."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import load_all_checks
from schemathesis.generation import GenerationMode
from serving_under_test import Served

from echo_ml.serving.app import create_app
from echo_ml.serving.gate.answering import Receive, Scope, Send

load_all_checks()
WITH_INPUT = (
    "GET /experiments/{name}/readout", "GET /features/{entity}/{id}", "GET /metrics/{name}", "POST /predict/churn",
    "POST /predict/churn/batch",
)  # fmt: skip
WITHOUT_INPUT = ("GET /health", "GET /health/live", "GET /metrics", "GET /prometheus")
ASKED = [
    *((operation, GenerationMode.POSITIVE) for operation in WITH_INPUT + WITHOUT_INPUT),
    *((operation, GenerationMode.NEGATIVE) for operation in WITH_INPUT),
]
HERE = {"Host": "127.0.0.1"}
BOUNDED = settings(
    max_examples=25, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip


@pytest.fixture(scope="module")
def openapi(served: Served) -> Any:
    """The schema of the API as it runs; every request goes through the whole gate."""
    app = create_app(served.backend, watch=False)

    async def running(scope: Scope, receive: Receive, send: Send) -> None:
        """The application, which is running: schemathesis would start and end it for every request."""
        if scope["type"] == "http":
            await app(scope, receive, send)
        else:
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})

    return schemathesis.openapi.from_asgi("/openapi.json", running, headers=HERE)


def test_every_operation_is_asked(openapi: Any) -> None:
    assert sorted(each.ok().label for each in openapi.get_all_operations()) == sorted(WITH_INPUT + WITHOUT_INPUT)


@pytest.mark.parametrize(("operation", "mode"), ASKED)
def test_every_answer_is_as_the_schema_says(openapi: Any, operation: str, mode: GenerationMode) -> None:
    method, path = operation.split()
    described = openapi[path][method]

    @BOUNDED
    @given(described.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        case.call_and_validate(headers=HERE)

    asked()
