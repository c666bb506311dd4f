"""What the tests of suites share: a short way to write an expectation and to run some on the real server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from echo_assets import server
from echo_quality.suites import CheckOutcome, run_checkpoint

Expectation = dict[str, Any]


@pytest.fixture(scope="session")
def expect() -> Callable[..., Expectation]:
    """expect(name, type, columns=..., severity=..., **kwargs) as a suite writes it."""

    def declared(
        check: str, kind: str, /, *, columns: tuple[str, ...] = (), severity: str = "critical", **kwargs: object
    ) -> Expectation:
        meta = {
            "check": check,
            "columns": list(columns),
            "description": f"What {check} is about.",
            "runbook": f"docs/runbook.md#{check.replace('_', '-')}",
        }
        return {"type": kind, "kwargs": kwargs, "severity": severity, "meta": meta}

    return declared


@pytest.fixture
def outcomes_of(databases: server.Databases) -> Callable[..., Mapping[str, CheckOutcome]]:
    """outcomes_of(expectations, batch_query, ...): the outcomes of a checkpoint by name, on the shared database."""

    def by_name(expectations: list[Expectation], batch_query: str, **options: Any) -> Mapping[str, CheckOutcome]:
        suite = {"name": "raw_revenue_data", "expectations": expectations}
        return {each.check: each for each in run_checkpoint(suite, databases.url(), batch_query, **options)}

    return by_name
