"""`echoctl incident add|list|close`: days on which a source is known not to be as usual."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from echo_assets.cli.ready import ready
from echo_assets.settings import Settings

app = typer.Typer(help="Known incidents: days that are neither judged nor a measure for others.", no_args_is_help=True)


@app.command()
def add(
    source: Annotated[str, typer.Argument(help="The source that is not as usual.")],
    days: Annotated[str, typer.Argument(help="FROM..TO, both included; one day; or FROM.. while it goes on.")],
    reason: Annotated[str, typer.Option(help="What happened, for those who read of it later.")],
) -> None:
    """Declare an incident. Drift checks that it turns green are asked again by the next `echoctl run`."""
    from echo_quality.drift.incidents import IncidentError, declare

    first, last = _days(days)
    with ready(Settings.from_environment()) as platform, platform.sources.connection() as connection:
        if source not in platform.sources.contracts:
            raise IncidentError(f"there is no source {source!r}; there are {', '.join(platform.sources.contracts)}")
        number = declare(connection, source, first, last, reason)
    print(f"incident {number}: {source} from {first} {f'to {last}' if last else 'on'}")


@app.command("list")
def show() -> None:
    """List every incident."""
    from echo_assets.cli.tables import write_table
    from echo_quality.drift.incidents import incidents_of

    with ready(Settings.from_environment()) as platform, platform.sources.connection(read_only=True) as connection:
        found = incidents_of(connection)
    if not found:
        print("No incident was declared.")
        return
    rows = [[each.incident_id, each.source, each.first_day, each.last_day or "goes on", each.reason] for each in found]
    write_table(["incident", "source", "first_day", "last_day", "reason"], rows)


@app.command()
def close(
    incident: Annotated[int, typer.Argument(help="Its number, as `echoctl incident list` shows it.")],
    last: Annotated[str, typer.Argument(help="Its last day, such as 2024-03-08.")],
) -> None:
    """Give an incident its last day."""
    from echo_quality.drift.incidents import close as close_incident

    with ready(Settings.from_environment()) as platform, platform.sources.connection() as connection:
        closed = close_incident(connection, incident, _day(last))
    print(f"incident {closed.incident_id}: {closed.source} from {closed.first_day} to {closed.last_day}")


def _days(written: str) -> tuple[date, date | None]:
    first, dots, last = written.partition("..")
    if not dots:
        return _day(first), _day(first)
    return _day(first), _day(last) if last else None


def _day(written: str) -> date:
    from echo_quality.drift.incidents import IncidentError

    try:
        return date.fromisoformat(written)
    except ValueError:
        raise IncidentError(f"{written!r} is no day: write it as 2024-03-05, or 2024-03-05..2024-03-08") from None
