"""How old features are, and which of them may not be served any more: what their declarations say of a row's age."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from echo_ml.features.declared import FeatureView
from echo_ml.features.online import OnlineRow, stale_views
from echo_ml.serving.problems import Refused


@dataclass(frozen=True)
class Age:
    """How old one view's row is, and what its declaration says of that."""

    view: str
    since: datetime
    age: timedelta
    max_age: timedelta | None
    is_stale: bool
    is_refused: bool


def ages_of(row: OnlineRow, views: Mapping[str, FeatureView], now: datetime) -> list[Age]:
    """The age of every view that has a row of the entity, by name."""
    stale, ages = stale_views(row, views, now), row.ages(now)
    return [
        Age(
            view=name,
            since=row.event_timestamps[name],
            age=ages[name],
            max_age=views[name].max_age,
            is_stale=name in stale,
            is_refused=name in stale and views[name].on_stale == "refuse",
        )
        for name in sorted(ages)
    ]


def refuse_stale(ages: Iterable[Age]) -> None:
    """Raise Refused if a view that must not be served when it is stale is stale."""
    refused = [age for age in ages if age.is_refused]
    if refused:
        raise Refused("; ".join(map(_in_words, refused)), stale=[age.view for age in refused])


def _in_words(age: Age) -> str:
    return (
        f"{age.view} is {hours(age.age):.1f} hours old and is refused after {hours(age.max_age or timedelta()):g}: "
        "materialise it (`echoctl run`)"
    )


def hours(span: timedelta) -> float:
    """A span of time in hours."""
    return span.total_seconds() / 3600
