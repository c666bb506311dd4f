"""Erasures across the installation: warehouse and lake through `echo_quality.erasure`, and Dagster's event log.

What is built on the rows of a person is rebuilt by the ordinary refresh, whose first step also finishes an erasure that
was cut off.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_assets import server
from echo_assets.features.erasing import erase_from_features
from echo_assets.quality_docs import withdraw_pages
from echo_assets.sources import Sources
from echo_assets.streaming.erasing import erase_from_stream

if TYPE_CHECKING:
    from psycopg import Connection, sql

    from echo_quality.erasure.erase import Erasure

_TEXTS = """
select table_schema, table_name, column_name from information_schema.columns
join information_schema.tables using (table_schema, table_name)
where table_schema = current_schema() and table_type = 'BASE TABLE' and data_type in ('text', 'character varying')
"""


def begin(sources: Sources, person: str, by: str) -> Erasure:
    """Take the person out of every table of ours and out of Dagster's event log. Hold the planning lock."""
    from echo_quality.erasure.erase import erase

    settings = sources.settings
    handlers = {
        "event log": lambda person, token: _erase_from_event_log(sources, person, token),
        "quality pages": lambda person, _: withdraw_pages(settings, person),
        "features": lambda person, token: erase_from_features(sources, person, token),
        "stream": lambda person, token: erase_from_stream(sources, person, token),
    }
    with sources.connection() as connection:
        contracts = sources.contracts.values()
        return erase(connection, contracts, person, by, settings.lake, settings.timezone, handlers)


def finish_begun(sources: Sources) -> dict[str, int]:
    """Finish what an erasure has left to do; asking costs one small query."""
    from echo_quality.erasure.erase import finish

    with sources.connection() as connection:
        if not connection.execute("select 1 from ops.erasures where status = 'begun' limit 1").fetchone():
            return {}
        with sources.engine() as engine:
            return finish(connection, sources.contracts.values(), sources.settings.lake, engine)


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
    from psycopg import sql

    url = server.databases(sources.settings).url("dagster")
    shown = _as_shown(sources, person, token)
    with psycopg.connect(url) as connection:
        columns = connection.execute(_TEXTS).fetchall()
        return sum(
            _replaced(connection, sql.Identifier(schema, table), sql.Identifier(column), shown)
            for schema, table, column in columns
        )


def _as_shown(sources: Sources, person: str, token: str) -> list[tuple[str, str]]:
    """For each column that identifies a person, how JSON shows the id there, and how the token."""
    from echo_quality.erasure.identity import identity_columns
    from echo_quality.erasure.tables import as_shown

    columns = {column for contract in sources.contracts.values() for column in identity_columns(contract)}
    return [(as_shown(column, person), as_shown(column, token)) for column in sorted(columns)]


def _replaced(
    connection: Connection[Any], table: sql.Identifier, column: sql.Identifier, shown: list[tuple[str, str]]
) -> int:
    from psycopg import sql

    new: sql.Composable = column
    for old, instead in shown:
        new = sql.SQL("replace({}, {}, {})").format(new, sql.Literal(old), sql.Literal(instead))
    there = sql.SQL(" or ").join(sql.SQL("strpos({}, {}) > 0").format(column, sql.Literal(old)) for old, _ in shown)
    return connection.execute(sql.SQL("update {} set {} = {} where {}").format(table, column, new, there)).rowcount
