"""The second part of `echoctl demo`: events about the same customers arrive on a stream, and the figures follow."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from echo_assets.cli.ready import Platform, tell
from echo_assets.run_processes import RunProcesses

if TYPE_CHECKING:
    from echo_assets.summary import RunSummary

_SEED, _DAYS = 7, timedelta(days=10)
_LAST_DAY = "select max(transaction_date) from staging.revenue"
_SUMS = """
select (select coalesce(sum(revenue), 0) from streaming.revenue_by_minute)::text,
    (select coalesce(sum(orders), 0) from streaming.revenue_by_minute)::text,
    (select count(*) from streaming.user_events)::text, (select count(*) from streaming.dead_letters)::text
"""


def streamed(
    platform: Platform, processes: RunProcesses, before: RunSummary, events: int
) -> tuple[RunSummary, list[dict[str, str]]]:
    """Send events of the last days, run once more, and compare what is in the tables and in the figures with the truth.

    Without a broker (the extra `embedded-broker` is not installed) the stream is left out, which is told.
    """
    from echo_assets.cli.comparison import compared_stream
    from echo_assets.cli.run import refreshed
    from echo_assets.streaming.producing import produce
    from echo_streaming.brokers.cluster import BrokerError
    from echo_streaming.producer.synthetic import Knobs

    with platform.sources.connection(read_only=True) as connection:
        [(last_day,)] = connection.execute(_LAST_DAY).fetchall()
    first = datetime.combine(last_day - _DAYS, time(), UTC)
    knobs = Knobs(rate=events / _DAYS.total_seconds(), seed=_SEED)
    tell(f"sending {events} events from {first.date()} on, some of them late, doubled or broken")
    try:
        truth = produce(platform.sources, knobs, first, events)
    except BrokerError as error:
        tell(f"the stream is left out: {error}")
        return before, []
    after = refreshed(platform, processes)
    with platform.sources.connection(read_only=True) as connection:
        [sums] = connection.execute(_SUMS).fetchall()
    return _both(before, after), compared_stream(before.metrics, after.metrics, truth, sums)


def _both(before: RunSummary, after: RunSummary) -> RunSummary:
    """One summary of two runs: the newer state of things, and what either of them did."""
    files = tuple(replace(file, is_new=True) for file in after.files)
    reports, seconds = (*before.reports, *after.reports), before.seconds + after.seconds
    return replace(after, files=files, reports=reports, seconds=seconds)
