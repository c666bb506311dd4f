"""Taking all events of a stream out again, for the demo, which begins anew each time; a stream of the user's stays."""

from __future__ import annotations

from echo_assets.sources import Sources
from echo_assets.streaming.brokers import embedded_broker
from echo_assets.streaming.dirty_days import STREAMED, all_days, mark_days_of_events

_TABLES = "select format('streaming.%I', tablename) from pg_tables where schemaname = 'streaming' order by 1"


def forget_stream(sources: Sources) -> None:
    """Stop the embedded broker, which forgets its events, and empty the tables; their days are to be built again."""
    embedded_broker(sources.settings).down()
    with sources.connection() as connection, connection.transaction():
        days = {each.kind: all_days(connection, each, sources.settings.timezone) for each in STREAMED}
        mark_days_of_events(connection, days)
        tables = ", ".join(name for (name,) in connection.execute(_TABLES))
        connection.execute(f"truncate {tables}".encode())
