"""`echoctl experiment list|readout|plan`: what was decided and why, and how large an experiment would have to be."""

from __future__ import annotations

import json
from datetime import UTC, date
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from echo_assets.cli.ready import ready
from echo_assets.settings import Settings

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.readouts.stored import Stored
    from echo_assets.readouts.traffic import Traffic
    from echo_ml.experiments.design import Metric

app = typer.Typer(help="Experiments: their decisions, their readouts, and how to plan one.", no_args_is_help=True)


class ExperimentError(ValueError):
    """What was asked for is not there, or cannot be planned; the message names it and what there is."""


@app.command("list")
def show(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list.")] = False) -> None:
    """List every experiment as of its newest day: how far it is, and what is decided."""
    from echo_assets.cli.readout_text import listed
    from echo_assets.cli.tables import write_table
    from echo_assets.readouts import stored

    with ready(Settings.from_environment()) as platform, platform.sources.connection(read_only=True) as connection:
        rows = [listed(each.readout) for each in stored.newest(connection)]
    if as_json:
        print(json.dumps(rows, indent=2, ensure_ascii=False))
    elif rows:
        write_table(list(rows[0]), [list(row.values()) for row in rows])
    else:
        print("No experiment was read yet: put assignments into the landing folder, then `echoctl run`.")


@app.command()
def readout(
    experiment: Annotated[str, typer.Argument(help="Its id, as `echoctl experiment list` shows it.")],
    as_of: Annotated[
        str | None, typer.Option(help="The day as of whose end, such as 2024-03-05. Else the newest.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the whole readout as one JSON object.")] = False,
) -> None:
    """Show one readout: what is decided, the comparisons, which conditions fail, and what would change it."""
    from echo_assets.cli.readout_text import print_readout
    from echo_assets.readouts.pages import page_of

    settings = Settings.from_environment()
    with ready(settings) as platform, platform.sources.connection(read_only=True) as connection:
        found = _found(connection, experiment, as_of)
    if as_json:
        print(json.dumps(found.document, indent=2, ensure_ascii=False))
    else:
        print_readout(
            found.readout, f"{found.computed_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC", page_of(settings, experiment)
        )


def _found(connection: Connection, experiment: str, as_of: str | None) -> Stored:
    """The readout that was asked for; ExperimentError with near names, or with the days that there are."""
    from echo_assets.readouts import stored

    days = stored.days(connection, experiment)
    if not days:
        names = stored.names(connection)
        near = get_close_matches(experiment, names, n=3, cutoff=0.4) or names[:3]
        known = f"did you mean {', '.join(near)}?" if near else "none was read yet"
        raise ExperimentError(f"there is no readout of an experiment {experiment!r}: {known}")
    day = days[-1] if as_of is None else _day(as_of)
    found = stored.of_day(connection, experiment, day)
    if found is None:
        raise ExperimentError(f"{experiment} has no readout as of {day}: it has some from {days[0]} to {days[-1]}")
    return found


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise ExperimentError(f"{written!r} is no day: write it as 2024-03-05") from None


@app.command()
def plan(
    metric: Annotated[str, typer.Option(help="What shall decide, a metric of the catalogue.")],
    mde: Annotated[float, typer.Option(help="The smallest effect to be seen, absolute, in the metric's own unit.")],
    arms: Annotated[str, typer.Option(help="Shares of the arms, control first, such as 50/25/25.")] = "50/50",
    alpha: Annotated[float, typer.Option(help="Accepted share of false positives.")] = 0.05,
    power: Annotated[float, typer.Option(help="Wanted probability of seeing the effect.")] = 0.8,
    one_sided: Annotated[bool, typer.Option("--one-sided", help="Look for an effect in one direction only.")] = False,
    unit: Annotated[str, typer.Option(help="What is assigned: user, customer or session.")] = "user",
    days: Annotated[int, typer.Option(min=1, help="How many days back traffic and variance are measured.")] = 90,
) -> None:
    """Say how many users and days an experiment would need, from the traffic and variance of earlier ones."""
    from echo_assets.cli.readout_text import print_plan
    from echo_ml.experiments.sizes.planning import plan_of
    from echo_ml.experiments.sizes.sizing import ErrorRates

    with ready(Settings.from_environment()) as platform, platform.sources.connection(read_only=True) as connection:
        known, traffic = _measured(connection, metric, unit, days)
    try:
        rates, shares = ErrorRates(alpha, power, 1 if one_sided else 2), _shares(arms)
        planned = plan_of(known, traffic.control, shares, mde, rates, traffic.users_a_day)
    except ValueError as error:
        raise ExperimentError(str(error)) from None
    print_plan(known, planned, traffic, shares, mde, rates)


def _measured(connection: Connection, metric: str, unit: str, days: int) -> tuple[Metric, Traffic]:
    from echo_assets.readouts.evidence import metrics_of
    from echo_assets.readouts.traffic import measured
    from echo_ml.experiments.registry import ALIASES

    catalogue = metrics_of(connection)
    known = catalogue.get(ALIASES.get(metric, metric))
    if known is None:
        near = get_close_matches(metric, catalogue, n=3, cutoff=0.4) or sorted(catalogue)
        raise ExperimentError(f"no experiment can measure {metric!r}: did you mean {' or '.join(near)}?")
    traffic = measured(connection, known, unit, days)
    if traffic is None:
        raise ExperimentError(
            f"nothing is known to plan with: no experiment has had a {unit} under control yet. `--unit` names another "
            "kind of unit; a first experiment, an A/A test even, measures traffic and variance"
        )
    return known, traffic


def _shares(written: str) -> list[float]:
    """Shares of the arms that sum to 1."""
    try:
        found = [float(part) for part in written.split("/")]
    except ValueError:
        found = []
    if len(found) < 2 or not all(0 < share < float("inf") for share in found):
        raise ExperimentError(f"--arms {written!r}: write two shares or more, control first, such as 50/50 or 50/25/25")
    return [share / sum(found) for share in found]
