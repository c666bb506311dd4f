"""What waits to be written: records, in the order in which they were read, with what each holds. No database, no Kafka.

A batch can be cut in two at any record; each part moves the offsets to where it ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from echo_streaming.consumer.contents import Contents, Place
from echo_streaming.events.reading import Read, Refused, read

Headers = list[tuple[str, Any]] | None


class Record(Protocol):
    """A record of the topic, as the Kafka client has it."""

    def partition(self) -> int | None:
        """Where it was read."""

    def offset(self) -> int | None:
        """Where it was read."""

    def key(self) -> Any:
        """Bytes, or None."""

    def value(self) -> Any:
        """Bytes, or None."""

    def headers(self) -> Any:
        """Pairs of a name and bytes, or None."""


class DeadLetter(NamedTuple):
    """A record that is no event, and why."""

    record: Record
    refused: Refused


@dataclass
class Batch:
    """Records that were read and are not written yet; `holds` has what each of them is, `places` where it was."""

    records: list[Record] = field(default_factory=list)
    holds: list[Read | Refused] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    contents: Contents = field(default_factory=Contents)
    """The events among them."""

    def __len__(self) -> int:
        return len(self.records)

    def add(self, records: Sequence[Record], places: Sequence[Place], now: datetime) -> None:
        """Read records, and keep what they hold."""
        self._take(records, [read(record.value(), now) for record in records], places)

    @property
    def upto(self) -> dict[int, int]:
        """By partition, the offset after its last record."""
        return {partition: offset + 1 for partition, offset in self.places}

    def dead_letters(self) -> list[DeadLetter]:
        """What is no event."""
        pairs = zip(self.records, self.holds, strict=True)
        return [DeadLetter(record, holds) for record, holds in pairs if isinstance(holds, Refused)]

    def refused(self, refused: Refused) -> Batch:
        """The same records as no events."""
        batch = Batch()
        batch._take(self.records, [refused] * len(self), self.places)
        return batch

    def halves(self) -> tuple[Batch, Batch]:
        """The first half of the records and the second."""
        middle = len(self) // 2
        return self._part(range(middle)), self._part(range(middle, len(self)))

    def without(self, partitions: Iterable[int]) -> Batch:
        """What is left when some partitions are not ours any more."""
        gone = set(partitions)
        return self._part([number for number, (partition, _) in enumerate(self.places) if partition not in gone])

    def after(self, written: Mapping[int, int]) -> Batch:
        """What is left when everything before these offsets turns out to be written already."""
        places = enumerate(self.places)
        kept = [number for number, (partition, offset) in places if offset >= written.get(partition, 0)]
        return self if len(kept) == len(self) else self._part(kept)

    def _part(self, numbers: Iterable[int]) -> Batch:
        part, chosen = Batch(), list(numbers)
        records, holds, places = self.records, self.holds, self.places
        part._take(
            [records[each] for each in chosen], [holds[each] for each in chosen], [places[each] for each in chosen]
        )
        return part

    def _take(self, records: Sequence[Record], holds: Sequence[Read | Refused], places: Sequence[Place]) -> None:
        self.records += records
        self.holds += holds
        self.places += places
        self.contents.extend(
            [(event, place) for event, place in zip(holds, places, strict=True) if isinstance(event, Read)]
        )
