"""Erasures across the installation: warehouse and lake through `echo_quality.erasure`, and Dagster's event log.

What is built on the person's rows is rebuilt by the ordinary refresh, whose first step also finishes an erasure that
was cut off.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets import server
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from echo_assets.planner.report import RunReport
    from echo_assets.refresh import Refresh
    from echo_quality.erasure.erase import Erasure

_EVENTS = """
update event_logs set event = replace(event, %(old)s, %(new)s) where strpos(event, %(old)s) > 0
"""


@dataclass(frozen=True)
class Begun:
    """An erasure whose tables are done: the rest is a refresh."""

    erasure: Erasure
    events: int


def begin(sources: Sources, person: str, by: str) -> Begun:
    """Take the person out of every table of ours and out of Dagster's event log. Hold the planning lock."""
    from echo_quality.erasure.erase import erase

    settings = sources.settings
    with sources.connection() as connection:
        erasure = erase(connection, sources.contracts.values(), person, by, settings.lake, settings.timezone)
    return Begun(erasure, _erase_from_event_log(sources, person.strip(), erasure.token))


def finish_begun(sources: Sources) -> dict[str, int]:
    """Finish what an erasure has left to do; asking costs one small query."""
    from echo_quality.erasure.erase import finish

    with sources.connection() as connection:
        if not connection.execute("select 1 from ops.erasures where status = 'begun' limit 1").fetchone():
            return {}
        with sources.engine() as engine:
            return finish(connection, sources.contracts.values(), sources.settings.lake, engine)


def rebuilt(refresh: Refresh) -> Iterator[RunReport]:
    """Redact the lake, read again what took its key from the person's id, and rebuild the days of the person's rows."""
    yield from refresh.all()


def counts_of(sources: Sources, token: str) -> dict[str, int]:
    """What was redacted by place, as the ledger has it."""
    with sources.connection(read_only=True) as connection:
        row = connection.execute("select counts from ops.erasures where token = %s", [token]).fetchone()
    return dict(row[0]) if row else {}


def left_in_landing(sources: Sources) -> list[Path]:
    """Files of the landing folder that still hold somebody who was erased."""
    from echo_quality.erasure.erase import still_holding
    from echo_quality.erasure.identity import erased_so_far, holds_persons

    contracts = {source: contract for source, contract in sources.contracts.items() if holds_persons(contract)}
    with sources.connection(read_only=True) as connection:
        erased = erased_so_far(connection, sources.settings.lake)
    if erased is None:
        return []
    found = []
    for file in (file for source in contracts for file in sources.files(source).values()):
        with sources.engine() as engine:
            found += still_holding(contracts, [file], erased, engine)
    return found


def _erase_from_event_log(sources: Sources, person: str, token: str) -> int:
    """Samples of failing rows show an id under the name of its column; only there the text is replaced."""
    import psycopg

    from echo_quality.erasure.identity import identity_columns
    from echo_quality.erasure.tables import as_shown

    changed = 0
    url = server.databases(sources.settings).url("dagster")
    columns = {column for contract in sources.contracts.values() for column in identity_columns(contract)}
    with psycopg.connect(url, autocommit=True) as connection:
        for column in sorted(columns):
            values = {"old": as_shown(column, person), "new": as_shown(column, token)}
            changed += connection.execute(_EVENTS, values).rowcount
    return changed
