"""How far the stream is consumed, as the consumer's own tables say it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_streaming.consumer.state import PartitionState
    from echo_streaming.options import StreamOptions

PULSE = timedelta(seconds=15)
"""A consumer that has shown no sign of life for longer is not running: it shows one every second."""


@dataclass(frozen=True)
class Progress:
    """Every partition that was ever claimed, as of one moment of the database's clock."""

    partitions: tuple[PartitionState, ...]
    now: datetime

    @property
    def records(self) -> int:
        """How many records are written, events and others: another number whenever something was written."""
        return sum(each.next_offset + each.restarts for each in self.partitions)

    @property
    def lag(self) -> int:
        """How many records wait, as far as that is known."""
        return sum(each.lag or 0 for each in self.partitions)

    @property
    def consumers(self) -> list[str]:
        """The consumers that are running now."""
        return sorted({str(each.consumer_id) for each in self.partitions if each.is_active(self.now, PULSE)})

    def as_metadata(self) -> dict[str, Any]:
        """For the UI."""
        written = max((each.updated_at for each in self.partitions), default=None)
        shown: dict[str, Any] = {"partitions": len(self.partitions), "records_read": self.records, "lag": self.lag}
        return {**shown, "last_written_at": written.isoformat(" ", "seconds")} if written else shown


def progress_of(connection: Connection[Any], options: StreamOptions) -> Progress:
    """Read it; no partitions where nobody has ever consumed."""
    from echo_streaming.consumer.state import partition_states

    [(now,)] = connection.execute("select clock_timestamp()").fetchall()
    return Progress(tuple(partition_states(connection, options.group, options.topic)), now)
