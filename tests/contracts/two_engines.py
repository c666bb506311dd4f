"""The two readings of a contract side by side: what DuckDB and PostgreSQL make of the same texts."""

from __future__ import annotations

import duckdb
import psycopg

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate.batch_sql import batch_sql, bound
from echo_quality.generate.tables import tables_of
from echo_quality.generate.typing_sql import typing_sql


def contract_of(column: Column, zone: str) -> Contract:
    columns = (Column("id", LogicalType.STRING, required=True), column, Column("seen_on", LogicalType.DATE))
    return Contract("texts", "1.0.0", "o", "d", columns, ("id",), "seen_on", "s", timezone=zone)


def typed_by_duckdb(contract: Contract, texts: list[str], zone: str) -> list[str | None]:
    with duckdb.connect() as engine:
        engine.execute("set TimeZone = 'UTC'")
        engine.execute("set variable business_timezone = ?", [zone])
        engine.execute(
            """create table landed as select unnest(range(len($texts))) as _row_number, 'x' as id,
               unnest($texts) as value, null::varchar as seen_on, null::varchar as _unparsed""",
            {"texts": texts},
        )
        found = engine.execute(f"select value::varchar from ({typing_sql(contract)}) order by _row_number").fetchall()
    return [value for (value,) in found]


def typed_by_postgres(
    connection: psycopg.Connection, contract: Contract, texts: list[str], zone: str
) -> list[str | None]:
    connection.execute("set local time zone 'UTC'")
    connection.execute("create schema if not exists raw")
    for statement in tables_of(contract)[0].create_statements:
        connection.execute(statement.encode())
    connection.cursor().executemany(
        "insert into raw.texts (_row_id, id, value) values (%s, 'x', %s)",
        [((1 << 32) + at, text) for at, text in enumerate(texts)],
    )
    query = f"select value::text from ({bound(batch_sql(contract), 1, zone)}) as batch order by _row_id"
    found = connection.execute(query.encode()).fetchall()
    connection.rollback()
    return [value for (value,) in found]


def differences(connection, column, texts, zone="UTC", business_zone="UTC"):
    contract = contract_of(column, zone)
    ours = typed_by_duckdb(contract, texts, business_zone)
    theirs = typed_by_postgres(connection, contract, texts, business_zone)
    assert len(ours) == len(theirs) == len(texts)
    return [each for each in zip(texts, ours, theirs, strict=True) if each[1] != each[2]]
