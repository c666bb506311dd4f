"""The tables that are there before dbt builds anything: those of the contracts, and those of the stream."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_quality.contract import Contract
    from echo_quality.migrate import Difference


def prepare_tables(connection: Connection[Any], contracts: Iterable[Contract]) -> list[Difference]:
    """Bring the tables in line with the contracts; what differed and was changed. Run twice, this changes nothing."""
    from echo_quality.migrate import migrate
    from echo_streaming.tables import create_tables

    differences = migrate(connection, contracts)
    create_tables(connection)
    return differences
