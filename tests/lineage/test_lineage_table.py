"""`ops.column_lineage`: kept whole, and every end of an edge that the database does not have is found."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from echo_assets.lineage.edges import Column, Edge, Lineage
from echo_assets.lineage_table import keep_lineage, missing_ends
from echo_assets.server import Databases
from echo_assets.settings import PROJECT
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.odcs import read_contracts

AMOUNT = Edge(Column("staging/revenue", "amount"), Column("raw/revenue", "amount"), "value")
ROWS = Edge(Column("staging/revenue", "*"), Column("raw/revenue", "*"), "rows")


@pytest.fixture
def migrated(fresh_database: Databases) -> Iterator[psycopg.Connection]:
    with psycopg.connect(fresh_database.url(), autocommit=True) as connection:
        prepare_tables(connection, read_contracts(PROJECT / "echo_quality" / "contracts").values())
        yield connection


def test_edges_between_tables_that_are_there_are_good_and_replace_the_earlier_ones(
    migrated: psycopg.Connection,
) -> None:
    keep_lineage(migrated, Lineage((ROWS,), {}))
    keep_lineage(migrated, Lineage((AMOUNT, ROWS), {}))
    assert missing_ends(migrated) == []
    kept = migrated.execute('select asset, "column", from_asset, from_column, how from ops.column_lineage').fetchall()
    assert set(kept) == {(*edge.column, *edge.origin, edge.how) for edge in (AMOUNT, ROWS)}


@pytest.mark.parametrize("end", [Column("raw/revenue", "amont"), Column("raw/revenues", "*"), Column("", "amount")])
def test_an_end_that_is_not_there_is_named(migrated: psycopg.Connection, end: Column) -> None:
    keep_lineage(migrated, Lineage((AMOUNT, Edge(AMOUNT.column, end, "value")), {}))
    [missing] = missing_ends(migrated)
    assert (missing["missing_asset"], missing["missing_column"]) == end
    assert (missing["asset"], missing["column"]) == AMOUNT.column
