"""What a batch writes, brought together while its records are read, so that the database need not wait for it.

Pure values; `sink` writes them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from echo_streaming.consumer.copying import escaped
from echo_streaming.consumer.tallies import Tallies
from echo_streaming.events.reading import Read

Place = tuple[int, int]
"""Partition and offset."""
Placed = tuple[Read, Place]
"""An event, and where it was read."""


@dataclass
class Contents:
    """Events, each once: of those with one id, the first. The database does the same across batches."""

    events: dict[str, Placed] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    """Of each event what COPY reads, up to what is known when it is written."""
    tallies: Tallies = field(default_factory=Tallies)

    def __len__(self) -> int:
        return len(self.events)

    @classmethod
    def of(cls, events: Iterable[Placed]) -> Contents:
        """Bring events together."""
        found = cls()
        found.extend(events)
        return found

    def extend(self, events: Iterable[Placed]) -> None:
        """Take further events in."""
        known, new = self.events, []
        for each in events:
            event_id = each[0][0]
            if event_id not in known:
                known[event_id] = each
                new.append(each)
        self.lines += [_line(event, *place) for event, place in new]
        self.tallies.extend([each[0] for each in new])

    def without(self, ids: Collection[str]) -> Contents:
        """The same but for some events, of which there are few."""
        if not ids:
            return self
        left = {event_id: each for event_id, each in self.events.items() if event_id not in ids}
        gone = Contents.of([self.events[event_id] for event_id in ids])
        lines = [line for event_id, line in zip(self.events, self.lines, strict=True) if event_id not in ids]
        return Contents(left, lines, self.tallies.without(gone.tallies, (event for event, _ in left.values())))

    def moments(self) -> list[datetime]:
        """When each event was, in the order of the lines."""
        return [each[0][3] for each in self.events.values()]


def _line(event: Read, partition: int, offset: int) -> str:
    event_id, kind, time, _, user_id, payload, _ = event
    ids = f"{event_id}\t{kind}\t{time}\t{user_id}"
    if "\\" in ids:  # identifiers hold no other character that COPY would take for its own
        ids = ids.replace("\\", "\\\\")
    return f"{ids}\t{escaped(payload)}\t{partition}\t{offset}\t"
