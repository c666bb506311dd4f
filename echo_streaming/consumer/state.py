"""What others can see of a consumer: a row for each partition, with its pulse, its position and the end of the log."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from echo_streaming.consumer.terms import Terms


@dataclass(frozen=True)
class Identity:
    """Which consumer this is."""

    mode: str
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def consumer_id(self) -> str:
        """Host, process and start: nobody else has it, and a person can find it."""
        return f"{self.host}:{self.pid}:{int(self.started_at.timestamp() * 1000)}"


@dataclass(frozen=True)
class PartitionState:
    """A partition as `status` and the checks see it; `lag` is None while the end of the log is unknown."""

    topic: str
    partition: int
    consumer_id: str | None
    heartbeat_at: datetime | None
    broker_seen_at: datetime | None
    stopped_at: datetime | None
    next_offset: int
    high_watermark: int | None
    lag: int | None
    updated_at: datetime
    restarts: int
    skipped: int

    def is_active(self, now: datetime, within: timedelta) -> bool:
        """Whether its consumer has a pulse."""
        return self.heartbeat_at is not None and self.stopped_at is None and now - self.heartbeat_at < within


def beat(
    connection: Connection[Any], terms: Terms, identity: Identity, positions: Mapping[int, int],
    ends: Mapping[int, int], broker_seen_at: datetime | None,
) -> None:  # fmt: skip
    """The pulse of our partitions; `positions` are how far each is written. One that another one has is left alone."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            _BEAT,
            [
                {
                    "group": terms.group, "topic": terms.topic, "partition": partition, "id": identity.consumer_id,
                    "mode": identity.mode, "host": identity.host, "pid": identity.pid, "started": identity.started_at,
                    "seen": broker_seen_at, "high": ends.get(partition), "position": position,
                }
                for partition, position in sorted(positions.items())
            ],
        )  # fmt: skip


def stopped(connection: Connection[Any], terms: Terms, identity: Identity, partitions: Iterable[int]) -> None:
    """The consumer has left these partitions in good order."""
    connection.execute(_STOPPED, [terms.group, terms.topic, identity.consumer_id, sorted(partitions)])


def partition_states(connection: Connection[Any], group: str, topic: str) -> list[PartitionState]:
    """Every partition that was ever claimed."""
    with connection.cursor(row_factory=class_row(PartitionState)) as cursor:
        return cursor.execute(_STATES, [group, topic]).fetchall()


_BEAT = """
insert into streaming.consumer_state (
    consumer_group, topic, partition, consumer_id, mode, host, pid, started_at, heartbeat_at, broker_seen_at,
    high_watermark, position
)
select
    consumer_group, topic, partition, %(id)s, %(mode)s, %(host)s, %(pid)s, %(started)s, clock_timestamp(), %(seen)s,
    %(high)s, %(position)s
from streaming.offsets
where consumer_group = %(group)s and topic = %(topic)s and partition = %(partition)s and owner = %(id)s
on conflict (consumer_group, topic, partition) do update set
    consumer_id = excluded.consumer_id, mode = excluded.mode, host = excluded.host, pid = excluded.pid,
    started_at = excluded.started_at, heartbeat_at = excluded.heartbeat_at, broker_seen_at = excluded.broker_seen_at,
    high_watermark = excluded.high_watermark, position = excluded.position, stopped_at = null
"""
_STOPPED = """
update streaming.consumer_state set stopped_at = clock_timestamp()
where consumer_group = %s and topic = %s and consumer_id = %s and partition = any (%s)
"""
_STATES = """
select
    o.topic, o.partition, s.consumer_id, s.heartbeat_at, s.broker_seen_at, s.stopped_at, o.next_offset,
    s.high_watermark,
    case when s.high_watermark is not null
        then greatest(0, s.high_watermark - greatest(o.next_offset, s.position)) end as lag,
    o.updated_at, o.restarts, o.skipped
from streaming.offsets as o left join streaming.consumer_state as s using (consumer_group, topic, partition)
where o.consumer_group = %s and o.topic = %s order by o.partition
"""
