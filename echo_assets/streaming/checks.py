"""What is asked of a stream: whether its consumer lives and keeps up, what is no event, whether the sums are right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from echo_assets.streaming.progress import PULSE, Progress, progress_of
from echo_quality.findings import Finding, SourceCheck

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_streaming.consumer.state import PartitionState
    from echo_streaming.options import StreamOptions

_BROKER = timedelta(seconds=60)
_STUCK = timedelta(minutes=5)
_DEAD_SHARE = 0.05
Ask = Callable[["Connection[Any]", "StreamOptions"], Finding]


@dataclass(frozen=True)
class StreamCheck:
    """A named question; `section` is the heading of the runbook that speaks of it. An `alive` one turns by waiting."""

    name: str
    section: str
    asks: str
    ask: Ask
    alive: bool = False

    def as_source_check(self, options: StreamOptions) -> SourceCheck:
        """The same as the platform records and shows checks."""
        return SourceCheck(self.name, self.section, self.asks, lambda view: self.ask(view.connection, options))


def _of_partitions(judge: Callable[[PartitionState, Progress, StreamOptions], str | None], well: str) -> Ask:
    """Ask of each partition what is wrong with it; without any, nothing was ever consumed, and nothing is wrong."""

    def ask(connection: Connection[Any], options: StreamOptions) -> Finding:
        progress = progress_of(connection, options)
        told = ((each, judge(each, progress, options)) for each in progress.partitions)
        wrong = tuple({"partition": each.partition, "what": what} for each, what in told if what)
        if wrong:
            said = f"{len(wrong)} of {len(progress.partitions)} partitions: {wrong[0]['what']}."
            return Finding(False, said, facts=progress.as_metadata(), sample=wrong)
        said = well if progress.partitions else "Nobody has consumed the stream yet."
        return Finding(True, said, facts=progress.as_metadata())

    return ask


def _pulse(each: PartitionState, progress: Progress, options: StreamOptions) -> str | None:
    del options
    if each.stopped_at is not None or each.is_active(progress.now, PULSE):
        return None
    seen = each.heartbeat_at.isoformat(" ", "seconds") if each.heartbeat_at else "never"
    return f"{each.consumer_id} neither lives nor ended in good order; its last sign of life: {seen}"


def _broker(each: PartitionState, progress: Progress, options: StreamOptions) -> str | None:
    del options
    seen = each.broker_seen_at
    if not each.is_active(progress.now, PULSE) or (seen is not None and progress.now - seen < _BROKER):
        return None
    return f"the broker was last seen {seen.isoformat(' ', 'seconds') if seen else 'never'}"


def _lag(each: PartitionState, progress: Progress, options: StreamOptions) -> str | None:
    lag, stands = each.lag or 0, progress.now - each.updated_at > _STUCK
    if lag > options.max_lag:
        return f"{lag} records wait, {options.max_lag} may"
    if lag and stands and each.is_active(progress.now, PULSE):
        return f"{lag} records wait, and nothing was written since {each.updated_at.isoformat(' ', 'seconds')}"
    return None


def _dead_share(connection: Connection[Any], options: StreamOptions) -> Finding:
    [(dead, events)] = connection.execute(_DEAD, [options.topic, options.topic]).fetchall()
    share = dead / (dead + events) if dead else 0.0
    facts = {"dead_letters_open": dead, "events": events, "share": round(share, 6)}
    said = f"{dead} records are no events, {share:.2%} of all."
    return Finding(share <= _DEAD_SHARE, said, is_error=False, facts=facts)


def _sums(connection: Connection[Any], options: StreamOptions) -> Finding:
    del options
    sample = []
    for table, query in _SUMS.items():
        [(kept, counted)] = connection.execute(query.encode()).fetchall()
        if kept != counted:
            sample.append({"table": f"streaming.{table}", "kept": str(kept), "counted_anew": str(counted)})
    if sample:
        return Finding(False, f"{sample[0]['table']} does not add up to the events.", sample=tuple(sample))
    return Finding(True, "Every sum is that of the events, counted anew.")


_DEAD = """
select
    (select count(*) from streaming.dead_letters where status = 'open' and topic = %s),
    (select count(*) from streaming.user_events where topic = %s)
"""
_SUMS = {
    "transactions": """select (select count(*) from streaming.transactions),
        (select count(distinct payload ->> 'transaction_id') from streaming.user_events
         where event_type = 'transaction')""",
    "revenue_by_minute": """select
        (select row(coalesce(sum(revenue), 0), coalesce(sum(orders), 0), coalesce(sum(transactions), 0))::text
         from streaming.revenue_by_minute),
        (select row(
            coalesce(sum(amount) filter (where is_counted), 0), count(*) filter (where is_counted), count(*)
         )::text from streaming.transactions)""",
    "funnel_by_minute": """select (select coalesce(sum(events), 0) from streaming.funnel_by_minute),
        (select count(*) from streaming.user_events)""",
    "experiment_exposures": """select (select coalesce(sum(exposures), 0) from streaming.experiment_exposures),
        (select count(*) from streaming.user_events where event_type = 'experiment_exposure')""",
}
"""By table, what it holds and the same counted from what it follows from; one statement sees one state."""

CHECKS = (
    StreamCheck(
        "a_consumer_has_a_pulse", "the-stream-is-behind",
        "Each partition's consumer is alive, or has ended in good order.",
        _of_partitions(_pulse, "Every consumer lives, or has ended in good order."), alive=True,
    ),
    StreamCheck(
        "the_broker_answers", "the-stream-is-behind",
        "A consumer that is running has seen its broker within a minute.",
        _of_partitions(_broker, "Whoever is running sees the broker."), alive=True,
    ),
    StreamCheck(
        "lag_is_bounded", "the-stream-is-behind",
        "No more records wait than ECHO_STREAM_MAX_LAG, and where some wait, a running consumer writes.",
        _of_partitions(_lag, "No more records wait than may."), alive=True,
    ),
    StreamCheck(
        "few_records_are_no_events", "dead-letters-of-the-stream",
        "At most 5 % of the topic's records are dead letters that nobody has dealt with.", _dead_share,
    ),
    StreamCheck(
        "sums_are_those_of_the_events", "sums-of-the-stream",
        "Transactions, minutes, funnel and exposures are what the events add up to, counted anew.", _sums,
    ),
)  # fmt: skip
