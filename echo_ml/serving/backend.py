"""Everything that the endpoints work with, as one value; made once by the composition root or by a test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from echo_ml.features.declared import Feature, FeatureView, view_named
from echo_ml.features.online import FeatureReader
from echo_ml.features.own_views import services
from echo_ml.serving.champion import Champion
from echo_ml.serving.database import Database
from echo_ml.serving.documents.provenance import Verdict
from echo_ml.serving.limits import ServingLimits
from echo_ml.serving.monitoring import Monitoring
from echo_ml.serving.verdicts import Column, VerdictBoard

CHURN_SERVICE = "churn_v1"
CHURN_ASSETS = ("models/churn", "models/churn_training_set")


@dataclass(frozen=True)
class Backend:
    """What answers are made of. `clock` says what now is; `timezone` where a business day ends."""

    database: Database
    features: FeatureReader
    views: Sequence[FeatureView]
    champion: Champion
    verdicts: VerdictBoard
    clock: Callable[[], datetime]
    timezone: str = "UTC"
    limits: ServingLimits = field(default_factory=ServingLimits)
    monitoring: Monitoring = field(default_factory=Monitoring)

    @cached_property
    def views_by_name(self) -> dict[str, FeatureView]:
        """Every declared view."""
        return {view.name: view for view in self.views}

    @cached_property
    def entities(self) -> tuple[str, ...]:
        """What features there are of."""
        return tuple(sorted({view.entity for view in self.views}))

    @cached_property
    def churn_features(self) -> tuple[Feature, ...]:
        """What a churn model may be given."""
        return churn_features(self.views)

    def views_with(self, names: Iterable[str], entity: str) -> list[FeatureView]:
        """The views of an entity that have one of these features."""
        wanted = set(names)
        return [view for view in self.views if view.entity == entity and wanted & set(view.names)]

    def verdict_on_views(self, views: Iterable[FeatureView], names: Iterable[str], *assets: str) -> Verdict:
        """What the checks say about these features of these views, and about further assets."""
        wanted = set(names)
        columns = [(view.table_asset, name) for view in views for name in view.names if name in wanted]
        own = [asset for view in views for asset in (f"feature_views/{view.name}", view.table_asset)]
        return self.verdict_on(columns, *own, *assets)

    def verdict_on(self, columns: Iterable[Column], *assets: str) -> Verdict:
        """What the checks say about everything that these columns are made of, and about further assets."""
        snapshot = self.verdicts.snapshot
        verdict = Verdict.of(snapshot.standing({*snapshot.behind(columns), *assets}))
        self.monitoring.verdict(verdict.status)
        return verdict


def churn_features(views: Sequence[FeatureView]) -> tuple[Feature, ...]:
    """The features of the service that the churn model reads."""
    [service] = [each for each in services(views) if each.name == CHURN_SERVICE]
    return tuple(
        view_named(views, view).feature(name) for view, names in service.features.items() for name in names
    )  # fmt: skip
