"""Whose a partition is and where it goes on: claiming it, moving it forward, and noticing that it was lost.

A claim waits for a transaction of the former owner to end, and raises the generation; from then on the former owner's
next commit finds another generation and fails. So at most one consumer moves a partition, whatever it believes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection


class Fenced(RuntimeError):
    """Another consumer has claimed a partition; what was read of it and not written is the other one's now."""

    def __init__(self, partition: int, generation: int, found: tuple[Any, ...] | None) -> None:
        """Name the partition, and who has it."""
        owner = f"{found[2]} has it in generation {found[0]}, at offset {found[1]}" if found else "nobody has it"
        super().__init__(f"partition {partition} is not ours any more (our generation was {generation}): {owner}")
        self.partition = partition


@dataclass
class Claim:
    """A partition that is ours: its generation, the log it belongs to, and the next offset that is not written yet."""

    partition: int
    generation: int
    log_id: str
    next_offset: int


@dataclass
class Claims:
    """The partitions of one consumer in one group and topic."""

    group: str
    topic: str
    owner: str
    held: dict[int, Claim] = field(default_factory=dict)

    def claim(self, connection: Connection[Any], partitions: Iterable[int], log_id: str) -> dict[int, int]:
        """Make partitions ours and return the offset from which each goes on: 0 in a log that was never read."""
        claimed: dict[int, Claim] = {}
        with connection.transaction():
            for partition in sorted(partitions):
                values = {**self._key(partition), "log": log_id, "owner": self.owner}
                offset, generation = connection.execute(_CLAIM, values).fetchone() or (0, 0)
                claimed[partition] = Claim(partition, int(generation), log_id, int(offset))
        self.held.update(claimed)
        return {partition: claim.next_offset for partition, claim in claimed.items()}

    def begin_anew(self, connection: Connection[Any], partition: int, offset: int, skipped: int = 0) -> None:
        """Go on elsewhere in a log that is not what it was: from its start, or past what the broker has deleted."""
        claim = self.held[partition]
        values = {**self._key(partition), "generation": claim.generation, "next": offset, "skipped": skipped}
        if connection.execute(_BEGIN_ANEW, values).rowcount != 1:
            raise Fenced(partition, claim.generation, self._found(connection, partition))
        claim.next_offset = offset

    def advance(self, connection: Connection[Any], upto: Mapping[int, int]) -> None:
        """Move partitions forward within the caller's transaction; Fenced if one is not ours, or not where we think.

        `held` follows with `moved`, once that transaction has been committed.
        """
        claims = [self.held[partition] for partition in sorted(upto)]
        arguments = {
            "group": self.group,
            "topic": self.topic,
            "partitions": [claim.partition for claim in claims],
            "generations": [claim.generation for claim in claims],
            "expected": [claim.next_offset for claim in claims],
            "next": [upto[claim.partition] for claim in claims],
        }
        moved = {int(partition) for (partition,) in connection.execute(_ADVANCE, arguments)}
        for claim in claims:
            if claim.partition not in moved:
                raise Fenced(claim.partition, claim.generation, self._found(connection, claim.partition))

    def moved(self, upto: Mapping[int, int]) -> None:
        """Note what was committed."""
        for partition, offset in upto.items():
            self.held[partition].next_offset = offset

    def read_again(self, connection: Connection[Any]) -> None:
        """After a lost connection: see whether the last commit went through; Fenced if somebody else has come."""
        for partition, claim in self.held.items():
            found = self._found(connection, partition)
            if found is None or found[0] != claim.generation:
                raise Fenced(partition, claim.generation, found)
            claim.next_offset = int(found[1])

    def forget(self, partitions: Iterable[int]) -> None:
        """Hold partitions no longer."""
        for partition in partitions:
            self.held.pop(partition, None)

    def _key(self, partition: int) -> dict[str, Any]:
        return {"group": self.group, "topic": self.topic, "partition": partition}

    def _found(self, connection: Connection[Any], partition: int) -> tuple[Any, ...] | None:
        return connection.execute(_FOUND, self._key(partition)).fetchone()


_CLAIM = """
insert into streaming.offsets as o (consumer_group, topic, partition, log_id, next_offset, generation, owner)
values (%(group)s, %(topic)s, %(partition)s, %(log)s, 0, 1, %(owner)s)
on conflict (consumer_group, topic, partition) do update set
    generation = o.generation + 1, owner = excluded.owner, claimed_at = clock_timestamp(), log_id = excluded.log_id,
    next_offset = case when o.log_id = excluded.log_id then o.next_offset else 0 end,
    restarts = o.restarts + (o.log_id <> excluded.log_id)::int
returning next_offset, generation
"""
_BEGIN_ANEW = """
update streaming.offsets
set next_offset = %(next)s, skipped = skipped + %(skipped)s, restarts = restarts + (%(skipped)s = 0)::int,
    updated_at = clock_timestamp()
where consumer_group = %(group)s and topic = %(topic)s and partition = %(partition)s and generation = %(generation)s
"""
_ADVANCE = """
update streaming.offsets as o set next_offset = n.next, updated_at = clock_timestamp()
from unnest(%(partitions)s::int[], %(generations)s::bigint[], %(expected)s::bigint[], %(next)s::bigint[])
    as n (partition, generation, expected, next)
where o.consumer_group = %(group)s and o.topic = %(topic)s and o.partition = n.partition
    and o.generation = n.generation and o.next_offset = n.expected
returning o.partition
"""
_FOUND = """
select generation, next_offset, owner from streaming.offsets
where consumer_group = %(group)s and topic = %(topic)s and partition = %(partition)s
"""
