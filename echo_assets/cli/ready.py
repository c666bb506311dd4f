"""Making the platform ready for a command: server up, tables made, Dagster's home rendered."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from echo_assets import server
from echo_assets.server import Databases
from echo_assets.server.dagster_home import point_dotenv, render
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.warehouse_tables import prepare_tables


@dataclass(frozen=True)
class Platform:
    """What a command works with once everything it needs is there."""

    settings: Settings
    sources: Sources
    databases: Databases


@contextmanager
def ready(settings: Settings, dotenv: Path | None = None) -> Iterator[Platform]:
    """Start what is not running, bring the tables in line with the contracts, and hand over the platform.

    `dotenv` is the folder whose .env shall tell `dagster` and `dg` where the instance is, if they are started there.
    """
    import psycopg

    sources = Sources(settings)
    contracts = sources.contracts
    databases = server.up(settings)
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        for difference in prepare_tables(connection, contracts.values()):
            tell(f"{difference.table}: {difference.what}; done: {difference.statement}")
    render(settings, databases)
    if dotenv is not None and (dotenv / "workspace.yaml").exists() and (warning := point_dotenv(settings, dotenv)):
        tell(warning)
    yield Platform(settings, sources, databases)


def tell(message: str) -> None:
    """Tell a person something; standard output stays free for what was asked for."""
    print(message, file=sys.stderr, flush=True)
