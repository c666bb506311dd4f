"""`echoctl up`, `down`, `env`, `psql`: the database server and how to reach it."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from echo_assets import server
from echo_assets.cli import FAILED
from echo_assets.cli.ready import ready, tell
from echo_assets.features.places import feature_places
from echo_assets.settings import Settings
from echo_assets.streaming.brokers import embedded_broker


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    for command in (up, down, env, psql):
        app.command()(command)


def up() -> None:
    """Start the database, make its tables, and point Dagster at it."""
    settings = Settings.from_environment()
    with ready(settings, dotenv=Path.cwd()) as platform:
        tell(f"The database is up: {platform.databases.url()}")


def down() -> None:
    """Stop the embedded database, and the embedded broker with its events; servers of your own are left alone."""
    settings = Settings.from_environment()
    if embedded_broker(settings).down():
        tell("The broker is stopped; events that nobody had consumed are gone.")
    stopped = server.down(settings)
    tell("The database is stopped." if stopped else "No embedded database was running.")


def env() -> None:
    """Print the exports that dbt, feast, mlflow and dagster need: eval "$(echoctl env)"."""
    settings = Settings.from_environment()
    found = server.databases(settings)
    feast = feature_places(settings, found).environment()
    variables = {**found.environment(), **feast, "DAGSTER_HOME": str(settings.dagster_home)}
    for name, value in variables.items():
        print(f"export {name}={shlex.quote(value)}")


def psql(
    command: Annotated[str | None, typer.Option("--command", "-c", help="Run this SQL and leave.")] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print the result as CSV.")] = False,
) -> None:
    """Query the warehouse, read-only; without -c in an interactive psql."""
    settings = Settings.from_environment()
    url = server.databases(settings).url(read_only=True)
    if command is None:
        binary = server.client("psql")
        os.execv(binary, [str(binary), url])  # noqa: S606 - replaces this process, as a user expects of a shell
    sys.exit(_query(url, command, csv))


def _query(url: str, command: str, csv: bool) -> int:
    """Print the results of the statements; a mistake in them is told in the server's words."""
    import psycopg

    from echo_assets.cli.tables import as_written, write_csv, write_table

    with closing(psycopg.connect(url, autocommit=True)) as connection:
        try:
            cursor = connection.execute(command.encode())
            while True:
                names = [column.name for column in cursor.description or []]
                if names:
                    (write_csv if csv else write_table)(names, as_written(cursor))
                if not cursor.nextset():
                    return 0
        except psycopg.Error as error:
            print(f"echoctl: {str(error).strip()}", file=sys.stderr)
            return FAILED
