"""What the database says when a step fails quotes whole rows; no log, alert or report may show them."""

from __future__ import annotations

import psycopg
import pytest
from platform_under_test import Platform

from echo_assets import server

pytestmark = pytest.mark.database

MAIL, NAME = "zelda.unique@secret.example", "Zelda Unique"
PEOPLE = f"customer_id,updated_at,created_at,email,name\nc1,2024-01-01,2023-12-01,{MAIL},{NAME}\n"


def tables_with(platform: Platform, text: str) -> list[str]:
    """The tables of Dagster's database in which a text stands."""
    url = server.databases(platform.settings).url("dagster")
    with psycopg.connect(url, autocommit=True) as connection:
        tables = connection.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        query = "select count(*) from {} as line where strpos(line::text, '{}') > 0"
        return [
            table for (table,) in tables if connection.execute(query.format(table, text).encode()).fetchone() != (0,)
        ]


def test_a_row_that_the_database_refuses_is_not_quoted_anywhere(platform: Platform) -> None:
    platform.execute("alter table staging.customers add constraint none_of_them check (email is null)")
    try:
        platform.drop("customers", "people.csv", PEOPLE)
        [report, *_] = platform.take_in()
    finally:
        platform.execute("alter table staging.customers drop constraint none_of_them")
    [failed] = [step for step in report.failed if step.step == "stage_customers"]
    assert "violates check constraint" in failed.message
    assert "none_of_them" in failed.message, "what is wrong is told all the same"
    for text in (MAIL, NAME):
        assert text not in failed.message
        assert tables_with(platform, text) == []
    [again, *_] = platform.take_in()
    assert again.succeeded, "the file was landed and is published by the next run"
    assert platform.value("select email from staging.customers") == MAIL


def test_a_file_without_its_header_does_not_show_a_person_as_one(platform: Platform) -> None:
    platform.drop("customers", "headerless.csv", PEOPLE.splitlines()[1] + "\n")
    platform.take_in()
    reason = platform.value("select reason from ops.loads where file = 'headerless.csv'")
    assert "required columns are missing" in reason
    assert "'z***'" in reason
    assert MAIL not in reason
    assert tables_with(platform, MAIL) == []
