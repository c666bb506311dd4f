"""Suites on tables: what they may be about, what a mistake in one is told, and what a bad row in a table leads to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg
import pytest

from echo_assets.definitions import build
from echo_assets.quality_docs import withdraw_pages
from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.stored_results import documented_suites
from echo_quality.expectations import TableSuite, read_table_suites, suites_of_models
from echo_quality.generate.staging_suite import staging_suite
from echo_quality.migrate import migrate
from echo_quality.suites import CheckOutcome, SuiteError, declared_checks
from echo_quality.suites.tables import judged_table

SUITE = """
- name: mart_people
  table: test_people.people
  key: [person_id]
  personal: [email]
  expectations:
    - {check: rate_is_a_share, column: rate, min: 0, max: 1}
    - {check: age_above_zero, column: age, above: 0, severity: warning}
    - {check: has_email, column: email, present: true}
    - {check: married_after_birth, holds: married > born, columns: [married, born, email]}
    - {check: half_of_age, value: age / 2, below: 60, columns: [age]}
    - {check: three_rows, rows: 3}
"""
PEOPLE = """
create schema test_people;
create table test_people.people
    (person_id int, rate numeric, age int, email text, born date, married date);
insert into test_people.people values
    (1, 0.5, 30, 'ann@example.org', '1990-01-01', '2010-01-01'),
    (2, 1.5, 0, 'ben@example.org', '1990-01-01', '1980-01-01'),
    (3, null, 130, null, null, null);
"""


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> TableSuite:
    folder = tmp_path_factory.mktemp("suites")
    (folder / "people.yaml").write_text(SUITE)
    [suite] = read_table_suites(folder)
    return suite


@pytest.fixture(scope="module")
def judged(people: TableSuite, databases: Databases) -> Iterator[dict[str, CheckOutcome]]:
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        connection.execute(PEOPLE)
        outcomes = judged_table(people.suite, databases.url(), people.batch_sql(), masked=people.masked)
        yield {outcome.check: outcome for outcome in outcomes}
        connection.execute("drop schema test_people cascade")


def test_each_form_of_an_expectation_finds_its_rows(judged: dict[str, CheckOutcome]) -> None:
    assert {name: outcome.unexpected_count for name, outcome in judged.items()} == {
        "rate_is_a_share": 1, "age_above_zero": 1, "has_email": 1, "married_after_birth": 1, "half_of_age": 1,
        "three_rows": None,
    }  # fmt: skip
    assert {name for name, outcome in judged.items() if outcome.passed} == {"three_rows"}
    assert judged["age_above_zero"].severity == "warning"


def test_a_failing_row_shows_its_key_and_what_the_check_is_about_and_no_personal_data(
    judged: dict[str, CheckOutcome],
) -> None:
    [row] = judged["married_after_birth"].sample
    assert row["person_id"] == 2
    assert row["email"] == "b***"
    assert row["married"] == "1980-01-01"
    assert judged["rate_is_a_share"].sample[0]["rate"] == "1.5"


def test_a_table_that_cannot_be_read_turns_all_its_checks_red_whatever_they_declare(
    people: TableSuite, databases: Databases
) -> None:
    outcomes = judged_table(people.suite, databases.url(), people.batch_sql("test_people.nowhere"))
    assert [outcome.check for outcome in outcomes] == [check.name for check in declared_checks(people.suite)]
    assert {(outcome.passed, outcome.severity) for outcome in outcomes} == {(False, "critical")}
    assert all("its batch cannot be read" in str(outcome.error) for outcome in outcomes)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("{check: c, column: age}", "check 'c' has no bound, so every value would pass"),
        ("{check: c, min: 1}", "check 'c' is about nothing"),
        ("{check: c, column: age, minimum: 1}", "check 'c': unknown field minimum"),
        ("{column: age, min: 1}", "needs meta.check"),
        ("{check: c, column: age, min: 1, severity: mild}", "has severity 'mild'"),
    ],
)
def test_a_mistake_in_an_expectation_names_the_suite_and_the_check(tmp_path: Path, written: str, told: str) -> None:
    (tmp_path / "a.yaml").write_text(f"- name: mart_a\n  table: s.a\n  expectations:\n    - {written}\n")
    with pytest.raises(SuiteError) as raised:
        read_table_suites(tmp_path)
    assert told in str(raised.value)
    assert "mart_a" in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- {name: a, tabel: s.a}\n", "unknown field tabel"),
        ("- {name: a, table: a}\n", "write schema.table"),
        ("- {name: a, table: s.a, expectations: []}\n", "declares no expectation"),
        (2 * "- {name: a, table: s.a, expectations: [{check: c, rows: 1}]}\n", "two suites have the name a"),
    ],
)
def test_a_mistake_in_a_suite_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    with pytest.raises(SuiteError, match=told):
        read_table_suites(tmp_path)


def test_what_a_suite_says_that_something_else_holds_is_a_check_of_that_asset(settings: Settings) -> None:
    graph = build(settings).resolve_asset_graph()
    held = {(suite.name, each) for suite in documented_suites(Sources(settings)) for each in suite.held_by}
    assert len(held) > 15
    missing = {
        (suite, each)
        for suite, each in held
        if dg.AssetCheckKey(dg.AssetKey.from_user_string(each.split()[0]), each.split()[1])
        not in graph.asset_check_keys
    }
    assert missing == set()


def test_pages_that_show_an_erased_id_are_taken_away_and_are_then_due(settings: Settings, tmp_path: Path) -> None:
    there = replace(settings, home=tmp_path)
    folder = there.docs / "quality"
    folder.mkdir(parents=True)
    for name, text in (("index", "c1"), ("mart_a", "customer_id O&#x27;Neil &amp; Sons"), ("mart_b", "customer_id c2")):
        (folder / f"{name}.html").write_text(text)
    (folder / "made_from.json").write_text("{}")
    assert withdraw_pages(there, "O'Neil & Sons") == 1
    assert sorted(path.name for path in folder.iterdir()) == ["index.html", "mart_b.html"]
    assert withdraw_pages(there, "nobody") == 0


def test_every_mart_has_a_suite_and_no_name_is_used_twice_on_an_asset(settings: Settings) -> None:
    definitions = build(settings)
    marts = {
        spec.key.to_user_string()
        for spec in definitions.resolve_all_asset_specs()
        if spec.key.path[0] in ("finance", "marketing", "customers", "experiments")
    }
    described = {"finance/metrics_catalog"}  # says what metrics are; it has no figures
    assert marts - {suite.asset for suite in suites_of_models()} == described
    keys = [spec.key for step in definitions.resolve_asset_graph().assets_defs for spec in step.check_specs]
    assert len(keys) == len(set(keys))


def test_a_published_row_that_breaks_the_contract_of_today_is_found(settings: Settings, databases: Databases) -> None:
    contract = Sources(settings).contracts["subscriptions"]
    suite = staging_suite(contract)
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        migrate(connection, [contract])
        for status in ("active", "asleep"):
            connection.execute(
                "insert into staging.subscriptions (_row_id, subscription_id, effective_at, customer_id, plan, amount,"
                " currency, billing_period, status, started_at)"
                " values (7, 's1', '2024-01-01', 'c1', 'p', 1, 'USD', 'monthly', %s, '2024-01-01')",
                [status],
            )
        outcomes = judged_table(suite.suite, databases.url(), suite.batch_sql(), masked=suite.masked)
        connection.execute("truncate staging.subscriptions")
    red = {outcome.check: outcome.unexpected_count for outcome in outcomes if not outcome.passed}
    assert red == {"published_keys_unique": 2, "published_status_accepted": 1}
