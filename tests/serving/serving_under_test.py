"""The API under test: what it reads, and a client that asks it. No tests and no fixtures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from served_model import Registry
from served_warehouse import VIEWS
from starlette.testclient import TestClient

from echo_ml.features.online import OnlineFeatures
from echo_ml.serving.backend import Backend, churn_features
from echo_ml.serving.champion import Champion
from echo_ml.serving.database import Database
from echo_ml.serving.limits import ServingLimits
from echo_ml.serving.verdicts import VerdictBoard

CUSTOMER = {
    "orders_last_30d": 3, "recency_days": 10, "lifetime_avg_order_value": 50.5, "segment": "smb",
    "has_active_subscription": True, "last_order_date": "2024-06-20",
}  # fmt: skip


@dataclass
class Served:
    """The API, what it reads, and a client on this machine."""

    url: str
    registry: Registry
    backend: Backend
    client: TestClient
    clock: list[datetime]

    def get(self, path: str, **parameters: Any) -> Any:
        """The answer as JSON."""
        answer = self.client.get(path, params=parameters)
        assert answer.status_code == 200, answer.text
        return answer.json()


def backend_over(url: str, registry: Registry, clock: list[datetime], limits: ServingLimits) -> Backend:
    """A backend over a database; the clock's last moment is now."""
    database, views = Database(url), tuple(VIEWS.values())
    known = [feature.name for feature in churn_features(views)]
    return Backend(
        database=database,
        features=OnlineFeatures(database.connection, views),
        views=views,
        champion=Champion(registry, known, lambda: clock[-1]),
        verdicts=VerdictBoard(database),
        clock=lambda: clock[-1],
        limits=limits,
    )
