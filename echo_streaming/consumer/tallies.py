"""What follows from the new events of a batch, brought together in memory: one row for each row of a table it changes.

Pure values; `sink` writes them. Of several events of one transaction the earliest says when the sale was, and the
latest, by time and then by id, what it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from echo_streaming.events.reading import Read
from echo_streaming.events.types import ExposureData, TransactionData

NO_CHANNEL = "(none)"
Thing = TypeVar("Thing", str, tuple[str, str, str])


class Span(NamedTuple):
    """The earliest and the latest of the events about one thing, and how many there are."""

    first: Read
    latest: Read
    times: int = 1


@dataclass
class Tallies:
    """What events add up to."""

    sales: dict[str, Span] = field(default_factory=dict)
    exposures: dict[tuple[str, str, str], Span] = field(default_factory=dict)
    funnel: dict[tuple[str, str, str], int] = field(default_factory=dict)
    """Events by minute, kind and channel."""

    def extend(self, events: Iterable[Read]) -> None:
        """Bring further events in."""
        sales, exposures, funnel = self.sales, self.exposures, self.funnel
        for event in events:
            data, channel = event.data, None
            if isinstance(data, TransactionData):
                channel, sale = data.channel, data.transaction_id
                sales[sale] = _spanned(sales[sale], event) if sale in sales else Span(event, event)
            elif isinstance(data, ExposureData):
                unit = (data.user_id, data.experiment_id, data.variant)
                exposures[unit] = _spanned(exposures[unit], event) if unit in exposures else Span(event, event)
            else:
                channel = data.acquisition_channel
            key = (minute_of(event), event.kind, (channel and channel.strip()) or NO_CHANNEL)
            funnel[key] = funnel.get(key, 0) + 1

    def without(self, gone: Tallies, left: Iterable[Read]) -> Tallies:
        """What is left when the events of other tallies do not count; `left` are those that do."""
        funnel = {key: count - gone.funnel.get(key, 0) for key, count in self.funnel.items()}
        found = Tallies(
            _others(self.sales, gone.sales),
            _others(self.exposures, gone.exposures),
            {key: count for key, count in funnel.items() if count},
        )
        if _share(self.sales, gone.sales) or _share(self.exposures, gone.exposures):
            again = Tallies()
            again.extend(left)
            found.sales |= {sale: again.sales[sale] for sale in gone.sales if sale in again.sales}
            found.exposures |= {unit: again.exposures[unit] for unit in gone.exposures if unit in again.exposures}
        return found


def _others(spans: Mapping[Thing, Span], gone: Mapping[Thing, Span]) -> dict[Thing, Span]:
    return {thing: span for thing, span in spans.items() if thing not in gone}


def _share(spans: Mapping[Thing, Span], gone: Mapping[Thing, Span]) -> bool:
    """Whether something is left of a thing."""
    return any(spans[thing].times > span.times for thing, span in gone.items())


def minute_of(event: Read) -> str:
    """The minute of an event, in UTC; most times are written in UTC already."""
    text = event.time
    if text[-1] == "Z" or text[-6:] == "+00:00":
        return f"{text[:16]}:00Z"
    return event.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:00Z")


def days_of(minutes: Iterable[str], timezone: str) -> set[date]:
    """The business days that minutes belong to; a day begins at a full minute, everywhere."""
    zone = ZoneInfo(timezone)
    return {datetime.fromisoformat(minute).astimezone(zone).date() for minute in set(minutes)}


def _spanned(span: Span, event: Read) -> Span:
    first, latest, times = span
    is_later = (event.at, event.event_id) > (latest.at, latest.event_id)
    return Span(event if event.at < first.at else first, event if is_later else latest, times + 1)
