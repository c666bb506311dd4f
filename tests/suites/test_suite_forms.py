"""Every form that a generated suite uses is able to pass and to fail, and fails alone, on the real PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from psycopg import sql

from echo_assets import server
from echo_quality.suites import CheckOutcome, run_checkpoint

pytestmark = pytest.mark.database

IF_PARSED = {"type": "nullity", "column": {"name": "_unparsed"}, "is_null": True}
FORMS: dict[str, tuple[str, dict[str, Any]]] = {
    "row_well_formed": ("expect_column_values_to_be_null", {"column": "_unparsed"}),
    "amount_not_null": (
        "expect_column_values_to_not_be_null",
        {"column": "amount__text", "row_condition": IF_PARSED},
    ),
    "amount_valid": ("expect_column_values_to_be_null", {"column": "amount__unreadable"}),
    "amount_in_range": (
        "expect_column_values_to_be_between",
        {"column": "amount", "min_value": 0, "strict_min": True, "max_value": 1000000},
    ),
    "event_date_valid": ("expect_column_values_to_be_null", {"column": "event_date__unreadable"}),
    "event_date_in_range": (
        "expect_column_values_to_be_between",
        {"column": "event_date", "min_value": "2023-01-01", "max_value": "2024-12-31"},
    ),
    "status_accepted": (
        "expect_column_values_to_be_in_set",
        {"column": "status__text", "value_set": ["paid", "completed"]},
    ),
    "currency_matches_pattern": (
        "expect_column_values_to_match_regex",
        {"column": "currency__text", "regex": "^[A-Z]{3}$"},
    ),
    "conversions_at_most_leads": (
        "expect_column_values_to_be_in_set",
        {"column": "conversions_at_most_leads__holds", "value_set": [True]},
    ),
    "discount_is_modest": (
        "unexpected_rows_expectation",
        {"unexpected_rows_query": "select _row_number, discount__text from {batch} where discount__text::int > 50"},
    ),
    "rows_present": ("expect_table_row_count_to_be_between", {"min_value": 1}),
    "columns_present": (
        "expect_table_columns_to_match_set",
        {"column_set": ["status__text", "amount__text"], "exact_match": False},
    ),
}
CLEAN = {
    "_unparsed": None,
    "amount": "12.50",
    "event_date": "2024-02-29",
    "status": "paid",
    "currency": "USD",
    "leads": "10",
    "conversions": "3",
    "discount": "0",
}
BATCH = """
select
    v.*,
    case when amount is null then amount__text end as amount__unreadable,
    case when event_date is null then event_date__text end as event_date__unreadable,
    conversions__text::int <= leads__text::int as conversions_at_most_leads__holds
from (
    select
        t.*,
        case when amount__text ~ '^[+-]?[0-9]+([.][0-9]+)?$' then amount__text::numeric end as amount,
        case
            when event_date__text ~ '^[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}$' and pg_input_is_valid(event_date__text, 'date')
                then event_date__text::date
        end as event_date
    from (
        select _row_number, _unparsed, {texts} from (values {rows}) as landed (_row_number, {names}) offset 0
    ) as t
    offset 0
) as v
"""


def batch_of(*rows: Mapping[str, str | None]) -> str:
    """The batch query over landed rows, numbered from 1."""
    values = sql.SQL(", ").join(
        sql.SQL("({}, {})").format(number, sql.SQL(", ").join(sql.SQL("{}::text").format(row[key]) for key in CLEAN))
        for number, row in enumerate(rows, start=1)
    )
    texts = ", ".join(f"nullif(btrim({key}), '') as {key}__text" for key in CLEAN if key != "_unparsed")
    return sql.SQL(BATCH).format(texts=sql.SQL(texts), rows=values, names=sql.SQL(", ".join(CLEAN))).as_string()


@pytest.fixture
def judged(
    databases: server.Databases, expect: Callable[..., dict[str, Any]]
) -> Callable[..., dict[str, CheckOutcome]]:
    """judged(change): every form's outcome on two clean rows and, between them, one with the change."""
    suite = {
        "name": "every_form",
        "expectations": [
            expect(check, kind, columns=(check.split("_")[0],), **kwargs) for check, (kind, kwargs) in FORMS.items()
        ],
    }

    def on(change: Mapping[str, str | None]) -> dict[str, CheckOutcome]:
        query = batch_of(CLEAN, {**CLEAN, **change}, CLEAN)
        return {outcome.check: outcome for outcome in run_checkpoint(suite, databases.url(), query)}

    return on


UNPARSED: dict[str, str | None] = {**dict.fromkeys(CLEAN), "_unparsed": "a line that fits no header"}
VIOLATIONS: list[tuple[str, dict[str, str | None]]] = [
    ("row_well_formed", UNPARSED),
    ("amount_not_null", {"amount": None}),
    ("amount_not_null", {"amount": "   "}),
    ("amount_valid", {"amount": "12,50"}),
    ("amount_valid", {"amount": "NaN"}),
    ("amount_in_range", {"amount": "0"}),
    ("amount_in_range", {"amount": "-0.01"}),
    ("amount_in_range", {"amount": "1000000.01"}),
    ("event_date_valid", {"event_date": "2023-02-29"}),
    ("event_date_valid", {"event_date": "now"}),
    ("event_date_in_range", {"event_date": "2022-12-31"}),
    ("status_accepted", {"status": "Paid"}),
    ("currency_matches_pattern", {"currency": "usd"}),
    ("currency_matches_pattern", {"currency": "USDX"}),
    ("conversions_at_most_leads", {"conversions": "11"}),
    ("discount_is_modest", {"discount": "99"}),
]
HARMLESS: list[dict[str, str | None]] = [
    {},
    {"amount": " 0.01 "},
    {"amount": "1000000"},
    {"event_date": "2023-01-01"},
    {"event_date": None, "status": None, "currency": None, "discount": None},
    {"conversions": "10"},
    {"leads": None},
    {"conversions": None},
]


@pytest.mark.parametrize(("check", "change"), VIOLATIONS)
def test_one_violating_row_turns_exactly_its_check_red_and_is_shown(
    judged: Callable[..., dict[str, CheckOutcome]], check: str, change: dict[str, str | None]
) -> None:
    outcomes = judged(change)
    assert {name for name, outcome in outcomes.items() if not outcome.passed} == {check}
    failed = outcomes[check]
    assert (failed.error, failed.unexpected_count) == (None, 1)
    assert [row["_row_number"] for row in failed.sample] == [2]


@pytest.mark.parametrize("change", HARMLESS)
def test_rows_within_the_rules_leave_every_check_green(
    judged: Callable[..., dict[str, CheckOutcome]], change: dict[str, str | None]
) -> None:
    outcomes = judged(change)
    assert {name: outcome.error for name, outcome in outcomes.items() if not outcome.passed} == {}
    assert {outcome.evaluated_count for outcome in outcomes.values()} == {3}


def test_a_rule_on_condition_counts_only_the_rows_it_applies_to(judged: Callable[..., dict[str, CheckOutcome]]) -> None:
    required = judged(UNPARSED)["amount_not_null"]
    assert (required.passed, required.evaluated_count, required.unexpected_count) == (True, 2, 0)


def test_a_rule_on_condition_that_applies_to_no_row_is_green(
    databases: server.Databases, expect: Callable[..., dict[str, Any]]
) -> None:
    kind, kwargs = FORMS["amount_not_null"]
    suite = {"name": "s", "expectations": [expect("amount_not_null", kind, **kwargs)]}
    (required,) = run_checkpoint(suite, databases.url(), batch_of(UNPARSED))
    assert (required.passed, required.evaluated_count, required.unexpected_count) == (True, 0, 0)


def test_an_empty_batch_fails_the_check_that_there_are_rows_and_no_other(
    databases: server.Databases, expect: Callable[..., dict[str, Any]]
) -> None:
    suite = {
        "name": "every_form",
        "expectations": [expect(check, kind, **kwargs) for check, (kind, kwargs) in FORMS.items()],
    }
    outcomes = run_checkpoint(suite, databases.url(), f"{batch_of(CLEAN)} where false")
    assert [outcome.check for outcome in outcomes if not outcome.passed] == ["rows_present"]
    assert {outcome.unexpected_percent for outcome in outcomes} == {None}


def test_a_column_that_is_not_there_fails_the_check_of_columns_by_its_name(
    outcomes_of: Callable[..., Mapping[str, CheckOutcome]], expect: Callable[..., dict[str, Any]]
) -> None:
    kind, kwargs = FORMS["columns_present"]
    outcome = outcomes_of([expect("columns_present", kind, **kwargs)], "select 'paid'::text as status__text")[
        "columns_present"
    ]
    assert not outcome.passed
    assert outcome.observed == {"missing": ["amount__text"]}
