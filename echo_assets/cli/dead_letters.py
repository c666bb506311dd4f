"""`echoctl stream dead-letters list|replay`: records of the stream that are no event, with the reason of each."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from echo_assets.cli.ready import ready, tell
from echo_assets.settings import Settings, SettingsError
from echo_assets.sources import Sources

app = typer.Typer(help="Records that are no event: list them, read them again.", no_args_is_help=True)

_SHOWN = 50
Reason = Annotated[str | None, typer.Option(help="Only those with this reason, such as invalid.")]


@app.command("list")
def list_letters(
    reason: Reason = None,
    status: Annotated[str | None, typer.Option(help="Only those of this status: open or replayed.")] = None,
    personal: Annotated[bool, typer.Option("--personal", help="With --json: show what was sent, too.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """List dead letters, the newest first: where each was, why, and since when; what it holds only with --personal."""
    from echo_assets.cli.tables import write_table
    from echo_streaming.consumer.dead_letters import counts, entries

    with Sources(Settings.from_environment()).connection(read_only=True) as connection:
        found = entries(connection, _status(status), _reason(reason), None if as_json else _SHOWN + 1)
        known = counts(connection)
    if as_json:
        totals = [{"status": status, "reason": reason, "records": number} for status, reason, number in known]
        print(json.dumps({"counts": totals, "dead_letters": [each.as_json(personal=personal) for each in found]}))
        return
    if not found:
        print("No such record." if status or reason else "Every record was an event.")
        return
    columns = ("dead_letter_id", "status", "reason", "topic", "partition", "offset", "received_at", "error")
    write_table(
        ["number", *columns[1:]],
        [[each.received_at.isoformat(" ", "seconds") if name == "received_at" else getattr(each, name)
          for name in columns] for each in found[:_SHOWN]],
    )  # fmt: skip
    if len(found) > _SHOWN:
        print(f"... and more: {sum(number for _, _, number in known)} in all; --json lists them")


@app.command()
def replay(
    numbers: Annotated[list[int] | None, typer.Argument(help="Their numbers in the list.")] = None,
    reason: Reason = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are open.")] = False,
) -> None:
    """Read open dead letters again, as the code reads them today; those that are events now are written, once.

    Exit code 1 if some of them still are none.
    """
    from echo_assets.streaming.dirty_days import mark_days_of_events
    from echo_streaming.consumer.database import connect
    from echo_streaming.consumer.dead_letters import replay as read_again
    from echo_streaming.consumer.sink import Sink

    if not (numbers or reason or everything):
        raise SettingsError("dead-letters replay", "", "numbers, --reason or --all: say which")
    settings = Settings.from_environment()
    terms = settings.stream.terms(settings.timezone)
    with (
        ready(settings) as platform,
        connect(platform.databases.url(), terms, "echo-stream-replay") as connection,
    ):
        found = read_again(connection, Sink(terms, mark_days_of_events), numbers or None, _reason(reason))
    print(f"{found.written.events} written, {found.written.duplicates} had come otherwise")
    if found.still_dead:
        tell(f"{found.still_dead} are no events today either: `echoctl stream dead-letters list` says why")
        raise typer.Exit(1)


def _status(status: str | None) -> str | None:
    if status not in {None, "open", "replayed"}:
        raise SettingsError("--status", str(status), "open or replayed")
    return status


def _reason(reason: str | None) -> str | None:
    from echo_streaming.events.reading import Reason

    if reason is not None and reason not in set(Reason):
        raise SettingsError("--reason", reason, f"one of {', '.join(Reason)}")
    return reason
