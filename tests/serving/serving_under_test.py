"""The API under test: what it reads, and a client that asks it. No tests and no fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import psycopg
from served_model import Registry
from served_warehouse import NOW, VIEWS, know, make_warehouse
from starlette.testclient import TestClient

from echo_assets import server
from echo_assets.settings import Settings
from echo_ml.features.online import OnlineFeatures
from echo_ml.serving.app import create_app
from echo_ml.serving.backend import Backend, churn_features
from echo_ml.serving.champion import Champion
from echo_ml.serving.database import Database
from echo_ml.serving.limits import ServingLimits
from echo_ml.serving.verdicts import VerdictBoard

WAREHOUSE = "test_serving"
PRODUCT = {
    "price": 49.0, "orders_7d": 3, "orders_28d": 11, "units_28d": 12, "revenue_28d": 539.0, "revenue_90d": 1617.0,
    "buyers_28d": 9, "avg_price_28d": 49.0, "returns_28d": 0, "days_since_last_sale": 1,
}  # fmt: skip
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


@contextmanager
def warehouse_on(databases: server.Databases) -> Iterator[server.Databases]:
    """A database of its own on a server, with what the API reads."""
    place = replace(databases, warehouse=WAREHOUSE)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {WAREHOUSE}")
        admin.execute(f"create database {WAREHOUSE} template template0")
        with psycopg.connect(place.url(), autocommit=True) as connection:
            make_warehouse(connection)
            know(connection, "customer_daily", "C1", CUSTOMER)
            know(connection, "customer_exposures", "C1", {"experiment_exposure_count": 2})
            know(connection, "product_daily", "P 1/2", {"price": 9.5})
            know(connection, "product_daily", "P-1001", PRODUCT)
        yield place
        admin.execute(f"drop database {WAREHOUSE} with (force)")


@contextmanager
def served_over(warehouse: server.Databases) -> Iterator[Served]:
    """The API over that database; nothing looks at champion or verdicts by itself."""
    registry, clock, url = Registry(), [NOW], warehouse.url(read_only=True)
    backend = backend_over(url, registry, clock, ServingLimits(rate=10_000, max_batch=5))
    with TestClient(create_app(backend, watch=False), base_url="http://127.0.0.1") as client:
        backend.champion.look()
        backend.verdicts.refresh()
        yield Served(url, registry, backend, client, clock)


@contextmanager
def served_once(settings: Settings) -> Iterator[Served]:
    """The same with a server of its own, for who is no test."""
    try:
        with warehouse_on(server.up(settings)) as warehouse, served_over(warehouse) as served:
            yield served
    finally:
        server.down(settings)
