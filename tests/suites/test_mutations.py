"""Every expectation is able to fail, and one that is not is found: by rows made for it, or by its own terms."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from echo_assets.dbt.project import load_project
from echo_assets.mutations import flaws, mutate_all, typed_suites
from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.warehouse_tables import prepare_tables
from echo_quality import invariants
from echo_quality.contract import Contract, RowRule
from echo_quality.expectations import TableSuite
from echo_quality.generate.suite import suite_of
from echo_quality.mutations import Mutated, mutate_load_suite, mutate_table_suite
from echo_quality.mutations.flaws import flaws_of_contract, flaws_of_table
from echo_quality.mutations.tampering import mutate_invariants
from echo_quality.mutations.texts import matching, not_matching
from echo_quality.suites import declared_checks

pytestmark = pytest.mark.slow


TYPES = {"day": "date", "amount": "numeric(18,2)", "count": "bigint", "label": "text", "flag": "boolean"}
COUNT = "select count(*), coalesce(max(load_id), 0) from ops.loads"


@pytest.fixture(scope="module")
def sources(settings: Settings) -> Sources:
    return Sources(settings)


@pytest.fixture(scope="module")
def warehouse(databases: Databases, sources: Sources) -> Iterator[psycopg.Connection]:
    """The shared warehouse with all tables and without rows of ours."""
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        prepare_tables(connection, sources.contracts.values())
        yield connection


@pytest.fixture(scope="module")
def mutated(warehouse: psycopg.Connection, sources: Sources) -> list[Mutated]:
    return list(mutate_all(sources, load_project().manifest))


def suite(*expectations: tuple[str, str, dict[str, Any]], **computed: str) -> TableSuite:
    """A suite on a table that is nowhere, with columns of TYPES."""
    declared = [
        {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"check": check}}
        for check, kind, kwargs in expectations
    ]
    return TableSuite({"name": "s", "expectations": declared}, "finance", "nowhere", tuple(TYPES), computed)


def between(check: str, column: str, **bounds: Any) -> tuple[str, str, dict[str, Any]]:
    return check, "expect_column_values_to_be_between", {"column": column, **bounds}


def test_every_expectation_is_able_to_fail(mutated: list[Mutated]) -> None:
    assert {f"{each.suite}: {each.check}": each.reason for each in mutated if each.reason} == {}


def test_none_is_left_out(mutated: list[Mutated], sources: Sources) -> None:
    found = Counter(each.suite for each in mutated)
    declared = {suite_of(each)["name"]: len(declared_checks(suite_of(each))) for each in sources.contracts.values()}
    for each, _ in typed_suites(sources.contracts, load_project().manifest):
        declared[each.name] = len(declared_checks(each.suite))
    tuples = (invariants.INVARIANTS, invariants.RAW_INVARIANTS, invariants.QUARANTINE_INVARIANTS)
    assert found == {**declared, "invariants": sum(map(len, tuples))}


def test_a_row_is_told_for_each_rule_about_rows(mutated: list[Mutated]) -> None:
    rows = {(each.suite, each.check): each.row for each in mutated}
    assert rows["raw_revenue_data", "amount_not_null"] == {"amount": None}
    assert rows["mart_channel_performance", "conversion_rate_is_a_share"] in (
        {"conversion_rate": "-1"},
        {"conversion_rate": "2"},
    )
    without = {each.check for each in mutated if not each.row and each.suite != "invariants"}
    assert without == {"file_has_rows", "exactly_one_row"}, "these are about the number of rows"


def test_nothing_is_left_behind(mutated: list[Mutated], warehouse: psycopg.Connection) -> None:
    assert mutated
    assert warehouse.execute("select to_regclass('raw.echo_mutation_probe')").fetchone() == (None,)
    assert warehouse.execute("select count(*) from ops.loads where source = 'echo_mutation_probe'").fetchone() == (0,)


@pytest.mark.parametrize(
    ("declared", "flaw"),
    [
        (between("c", "amount", min_value=5, max_value=1), "no row can keep it"),
        (between("c", "amount", min_value=1, max_value=1, strict_min=True), "no row can keep it"),
        (between("c", "amount"), "no row can break it"),
        (between("c", "amount", max_value=10**18), "no row can break it"),
        (between("c", "count", min_value=-(2**63) + 1), "no row can break it"),
        (("c", "expect_column_values_to_be_in_set", {"column": "label", "value_set": []}), "no row can keep it"),
        (("c", "expect_column_values_to_be_in_set", {"column": "flag", "value_set": [True, False]}),
         "no row can break it"),
        (("c", "expect_column_values_to_match_regex", {"column": "label", "regex": ".*"}), "no row can break it"),
        (("c", "expect_column_values_to_match_regex", {"column": "label", "regex": "a$b"}), "no row can keep it"),
        (("c", "expect_column_value_lengths_to_be_between", {"column": "label", "min_value": 9, "max_value": 3}),
         "no row can keep it"),
        (("c", "expect_column_value_lengths_to_be_between", {"column": "label", "min_value": 0}),
         "no row can break it"),
        (("c", "expect_table_row_count_to_be_between", {"min_value": 0}), "no row can break it"),
        (("c", "expect_table_row_count_to_be_between", {"min_value": 3, "max_value": 2}), "no row can keep it"),
        (("c", "expect_something_new", {"column": "label"}), "no row can break it"),
    ],
)  # fmt: skip
def test_an_expectation_that_is_worth_nothing_is_refused(declared: Any, flaw: str) -> None:
    [told] = flaws_of_table(suite(declared), TYPES)
    assert told.startswith("suite 's': c: ")
    assert flaw in told


@pytest.mark.parametrize(
    ("condition", "flaw"),
    [
        ("amount > 0 or amount <= 0", "no row can break it"),
        ("amount > 5 and amount < 3", "no row can keep it"),
        ("amount is null or amount is not null", "no row can break it"),
        ("label = 'x' or label <> 'x'", "no row can break it"),
    ],
)
def test_a_condition_that_is_always_or_never_true_is_refused(condition: str, flaw: str) -> None:
    declared = ("c", "expect_column_values_to_be_in_set", {"column": "c__holds", "value_set": [True]})
    [told] = flaws_of_table(suite(declared, c__holds=condition), TYPES)
    assert flaw in told


def test_a_condition_that_cannot_be_tried_is_refused_with_the_reason() -> None:
    declared = ("c", "expect_column_values_to_be_in_set", {"column": "c__holds", "value_set": [True]})
    [told] = flaws_of_table(suite(declared, c__holds="pg_input_is_valid(label, 'date')"), TYPES)
    assert "(pg_input_is_valid(label, 'date'))" in told
    assert "cannot be tried: Catalog Error" in told


def test_a_sound_expectation_is_not_refused() -> None:
    declared = ("c", "expect_column_values_to_be_in_set", {"column": "c__holds", "value_set": [True]})
    sound = suite(declared, between("d", "count", min_value=0), c__holds="amount >= 0 or label = 'return'")
    assert flaws_of_table(sound, TYPES) == []


def test_the_flaws_of_a_contract_name_the_source_the_rule_and_the_fix(sources: Sources) -> None:
    marketing = sources.contracts["marketing"]
    always = RowRule("always", "leads >= 0 or leads < 0", ("leads",))
    [told] = flaws_of_contract(replace(marketing, rules=(*marketing.rules, always)))
    assert told == (
        "contract 'marketing': always: no row can break it, so it would always be green: tighten it or take it away"
    )
    against = RowRule("against", "conversions > leads", ("conversions", "leads"))
    assert "no row can keep it" in " ".join(flaws_of_contract(replace(marketing, rules=(*marketing.rules, against))))


def test_all_that_is_declared_is_sound(sources: Sources) -> None:
    assert flaws(sources.contracts, load_project().manifest) == []


def test_what_only_the_database_shows_is_found_as_well(databases: Databases) -> None:
    """Two checks that are the same turn red together, so neither tells which of them was broken."""
    told = mutate_table_suite(
        suite(between("one", "count", min_value=0), between("other", "count", min_value=0)), TYPES, databases.url()
    )
    assert [each.reason for each in told] == [
        "no row turns it red and only it; rows made for it turned red: one, other"
    ] * 2


def test_a_check_that_raises_is_not_able_to_fail(databases: Databases) -> None:
    declared = ("c", "expect_column_values_to_be_in_set", {"column": "c__holds", "value_set": [True]})
    [told] = mutate_table_suite(suite(declared, c__holds="length(label) > 0 and amount > 0"), TYPES, databases.url())
    assert told.reason is None
    [told] = mutate_table_suite(suite(declared, c__holds="strlen(label) = 1 and amount > 0"), TYPES, databases.url())
    assert told.reason is not None, "DuckDB knows the function, PostgreSQL does not"
    assert "strlen" in told.reason


def test_an_invariant_that_no_longer_looks_is_found(
    warehouse: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(invariants, "_REPEATED_KEYS", "select {key} from {staging} where false")
    before = warehouse.execute(COUNT).fetchone()
    reasons = {each.check: each.reason for each in mutate_invariants(warehouse)}
    assert reasons.pop("keys_are_unique") == "it was broken, and red were: none"
    assert set(reasons.values()) == {None}
    assert warehouse.execute(COUNT).fetchone() == before


def test_a_suite_over_two_sources_breaks_each_alone(sources: Sources, databases: Databases) -> None:
    contract: Contract = sources.contracts["funnel_events"]
    told = {each.check: each for each in mutate_load_suite(contract, databases.url())}
    assert told["stage_accepted"].row == {"stage": "no such value"}


@pytest.mark.parametrize(
    "pattern", ["^[^@ ]+@[^@ ]+[.][^@ ]+$", "^[A-Z]{3}$", "^(ab|cd)+[0-9]{2,}$", "^[a-z]{1,300}$", "x", "^[^a]b?$"]
)
def test_texts_match_a_pattern_or_do_not(pattern: str) -> None:
    import re

    assert re.search(pattern, matching(pattern) or "")
    others = not_matching(pattern)
    assert others
    assert not [text for text in others if re.search(pattern, text)]
