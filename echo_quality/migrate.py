"""Bringing the tables of a database in line with the contracts: additions are made, anything else is refused.

What lives in the rows is never converted behind a person's back: a change that is not an addition is answered with the
statement that it would take.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.forecast_tables import FORECAST_GUARDS, FORECAST_TABLES
from echo_quality.generate.sql_text import name
from echo_quality.generate.tables import SCHEMAS, Table, TableColumn, tables_of
from echo_quality.model_tables import MODEL_GUARDS, MODEL_TABLES
from echo_quality.quarantine import ledger as quarantine_ledger
from echo_quality.readouts_table import GUARDS, READOUTS

OWN_TABLES = (READOUTS, *MODEL_TABLES, *FORECAST_TABLES)
"""Tables that are neither a source's nor a dbt model's: assets write them."""
OWN_GUARDS = (*GUARDS, *MODEL_GUARDS, *FORECAST_GUARDS)
"""What makes them keep what they promise, after the tables themselves."""


@dataclass(frozen=True)
class Difference:
    """One way in which a table differs from its contract, and the statement that would remove it."""

    table: str
    what: str
    statement: str
    is_additive: bool


class MigrationRefused(RuntimeError):
    """The contracts ask for more than additions; the message lists each change with its statement."""


def migrate(connection: Connection[Any], contracts: Iterable[Contract]) -> list[Difference]:
    """Make schemas, ledger and tables, add what is missing, and return the additions made to existing tables.

    MigrationRefused, with nothing changed, if a table differs in another way.
    """
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtext('echo.migrate'))")
        for schema in dict.fromkeys((*SCHEMAS, *(table.schema for table in OWN_TABLES))):
            connection.execute(f"create schema if not exists {schema}".encode())
        ledger = resources.files("echo_quality").joinpath("ledger.sql").read_text(encoding="utf-8")
        connection.execute(ledger.encode())
        differences: list[Difference] = []
        contracts = list(contracts)
        tables = [*OWN_TABLES, *(table for contract in contracts for table in tables_of(contract))]
        for table in tables:
            connection.execute(table.create_statements[0].encode())
            differences += differences_of(connection, table) + _other_indexes(connection, table)
        _refuse_more_than_additions(differences)
        # An index may be over a column that has yet to be added.
        rest = [statement for table in tables for statement in table.create_statements[1:]]
        for statement in [*(difference.statement for difference in differences), *rest, *OWN_GUARDS]:
            connection.execute(statement.encode())
        for contract in contracts:
            quarantine_ledger.adopt(connection, contract)
    return differences


def differences_of(connection: Connection[Any], table: Table) -> list[Difference]:
    """How an existing table differs from what its contract asks for; [] where it is missing altogether."""
    rows = connection.execute(
        """select attname, format_type(atttypid, atttypmod), attnotnull from pg_attribute
           where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped""",
        [table.qualified],
    ).fetchall()
    there = {column: (kind, not_null) for column, kind, not_null in rows}
    if not there:
        return []
    wanted = {column.name for column in table.columns}
    found = [found for column in table.columns if (found := _difference(table, column, there.get(column.name)))]
    return found + [_surplus(table, column) for column in there if column not in wanted]


def _difference(table: Table, column: TableColumn, there: tuple[str, bool] | None) -> Difference | None:
    alter = f"alter table {table.qualified}"
    quoted = name(column.name)
    if there is None:
        return Difference(
            table.qualified, f"{column.name} is missing", f"{alter} add column {column.definition}", not column.not_null
        )
    kind, not_null = there
    if kind != column.type:
        statement = f"{alter} alter column {quoted} type {column.type} using {quoted}::{column.type}"
        return Difference(table.qualified, f"{column.name} is {kind}, not {column.type}", statement, False)
    if not_null and not column.not_null:
        return Difference(
            table.qualified, f"{column.name} is optional now", f"{alter} alter column {quoted} drop not null", True
        )
    if column.not_null and not not_null:
        statement = f"{alter} alter column {quoted} set not null"
        return Difference(table.qualified, f"{column.name} is required now", statement, False)
    return None


def _other_indexes(connection: Connection[Any], table: Table) -> list[Difference]:
    """Indexes over other columns than the contract's; over a key, they tell that the rows were merged by another."""
    found = []
    for suffix, wanted in table.indexes:
        index = f"{table.schema}_{table.name}_{suffix}"
        row = connection.execute(
            "select indexdef from pg_indexes where schemaname = %s and indexname = %s", [table.schema, index]
        ).fetchone()
        there = row[0].partition(" USING ")[2] if row else wanted
        if there.replace('"', "") != wanted.replace('"', ""):
            what = f"{suffix} is {there}, not {wanted}: files loaded under it must be loaded again"
            found.append(Difference(table.qualified, what, f"drop index {table.schema}.{name(index)}", False))
    return found


def _surplus(table: Table, column: str) -> Difference:
    statement = f"alter table {table.qualified} drop column {name(column)}"
    return Difference(table.qualified, f"{column} is in no contract any more", statement, False)


def _refuse_more_than_additions(differences: list[Difference]) -> None:
    refused = [difference for difference in differences if not difference.is_additive]
    if refused:
        listed = "\n".join(f"  {item.table}: {item.what}\n    {item.statement};" for item in refused)
        raise MigrationRefused(f"these changes are not additions, so they are yours to make:\n{listed}")
