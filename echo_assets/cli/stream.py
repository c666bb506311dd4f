"""`echoctl stream produce|consume|status`: events into the warehouse as they happen. Dead letters are in their module.

The settings are read here, and values and callables are handed to `echo_streaming`.
"""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from echo_assets.cli import dead_letters
from echo_assets.cli.ready import ready, tell
from echo_assets.settings import Settings, SettingsError
from echo_assets.sources import Sources

app = typer.Typer(help="The event stream: produce, consume, dead letters, status.", no_args_is_help=True)
app.add_typer(dead_letters.app, name="dead-letters")

_FENCED = 3
_ACTIVE = timedelta(seconds=15)
Share = Annotated[float, typer.Option(min=0, max=1, help="Share of records, from 0 to 1.")]


@app.command()
def produce(
    events: Annotated[int, typer.Option(min=1, help="How many records.")] = 10_000,
    rate: Annotated[float, typer.Option(min=0, help="Records a second; 0 means as fast as it goes.")] = 0,
    late: Share = 0.01,
    duplicate: Share = 0.02,
    malformed: Share = 0.01,
    out_of_order: Share = 0.02,
    seed: Annotated[int, typer.Option(help="The same seed and start give the same bytes again.")] = 7,
    start: Annotated[str | None, typer.Option(help="The time of the first event, such as 2026-05-04T10:00Z.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Write what must come of it to this file, as JSON.")] = None,
) -> None:
    """Send a synthetic stream about the warehouse's customers: sales, signups and exposures, some of them broken.

    With a rate, events happen as they are sent; without one, they have happened up to now.
    """
    from echo_assets.streaming import producing
    from echo_streaming.producer.synthetic import Knobs

    knobs = Knobs(rate or 1000.0, late, duplicate, malformed, out_of_order, seed)
    first = _moment(start) or datetime.now(UTC) - timedelta(seconds=0 if rate else events / knobs.rate)
    with ready(Settings.from_environment()) as platform:
        found = producing.produce(platform.sources, knobs, first, events, rate)
    if truth is not None:
        truth.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found))


@app.command()
def consume(
    until_end: Annotated[
        bool, typer.Option("--until-end", help="Stop at the end of what is there now, instead of waiting for more.")
    ] = False,
    group: Annotated[
        bool | None,
        typer.Option("--group/--alone", help="Share the partitions with others, or take them. Else: by the broker."),
    ] = None,
    partitions: Annotated[str | None, typer.Option(help="With --alone: only these, such as 0,1.")] = None,
) -> None:
    """Write events into the warehouse, each effectively once, until Ctrl-C or SIGTERM. Logs are JSON on standard error.

    Several consumers share a topic with --group (the default with ECHO_KAFKA_BOOTSTRAP). With --alone a second one
    takes the partitions over, and the first one ends with exit code 3.
    """
    from echo_assets.streaming.brokers import cluster_of
    from echo_assets.streaming.consuming import beside, consumer_of
    from echo_streaming.consumer.offsets import Fenced
    from echo_streaming.logs import log_as_json

    settings, wanted = Settings.from_environment(), _numbers(partitions)
    log_as_json()
    with ready(settings) as platform:
        cluster = cluster_of(settings)
        in_group = not cluster.is_embedded and wanted is None if group is None else group
        if in_group and wanted is not None:
            raise SettingsError("--partitions", str(partitions), "--alone beside it: in a group, the group says which")
        consumer = consumer_of(platform.sources, cluster, in_group, wanted)
        try:
            with _stopped_by_signals(consumer.stopping), beside(platform.sources, cluster, consumer):
                written = consumer.run(until_end)
        except Fenced as fenced:
            tell(f"Stopped: {fenced}")
            raise typer.Exit(_FENCED) from None
    print(json.dumps(vars(written)))


@app.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show each partition: its consumer's pulse, how far it is written, the lag; and what waits beside."""
    from echo_assets.cli.tables import write_table
    from echo_streaming.consumer import exposures
    from echo_streaming.consumer.dead_letters import counts
    from echo_streaming.consumer.state import partition_states

    settings = Settings.from_environment()
    with Sources(settings).connection(read_only=True) as connection:
        states = partition_states(connection, settings.stream.group, settings.stream.topic)
        dead, waiting = counts(connection), exposures.waiting(connection)
    now = datetime.now(UTC)
    rows = [
        {
            "partition": each.partition, "consumer": each.consumer_id,
            "state": "active" if each.is_active(now, _ACTIVE) else "stopped" if each.stopped_at else "silent",
            "heartbeat": each.heartbeat_at and each.heartbeat_at.isoformat(" ", "seconds"),
            "next": each.next_offset, "end": each.high_watermark, "lag": each.lag, "restarts": each.restarts,
            "skipped": each.skipped,
        }
        for each in states
    ]  # fmt: skip
    letters = [{"status": status, "reason": reason, "records": number} for status, reason, number in dead]
    if as_json:
        print(json.dumps({"partitions": rows, "dead_letters": letters, "exposures_waiting": waiting}))
        return
    if not rows:
        print("No consumer has ever run here: `echoctl stream consume` starts one.")
        return
    write_table(list(rows[0]), [list(row.values()) for row in rows])
    if letters:
        write_table(list(letters[0]), [list(row.values()) for row in letters])
    print(f"Flushes whose exposures wait to be published: {waiting}")


@contextmanager
def _stopped_by_signals(stopping: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM ask the consumer to write what it has, and to end."""
    before = {kind: signal.signal(kind, lambda *_: stopping.set()) for kind in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise SettingsError("--start", text, "a moment such as 2026-05-04T10:00Z") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _numbers(text: str | None) -> frozenset[int] | None:
    if text is None:
        return None
    if not all(part.strip().isdigit() for part in text.split(",")):
        raise SettingsError("--partitions", text, "numbers separated by commas, such as 0,1")
    return frozenset(int(part) for part in text.split(","))
