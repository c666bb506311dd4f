"""A check is green only on evidence, and nothing leaves in a sample that should not."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from echo_quality.suites.declarations import DeclaredCheck
from echo_quality.suites.outcomes import CheckOutcome, Verdict, outcome_of
from echo_quality.suites.samples import error_text, json_clean, sample_of


def outcome(verdict: Verdict | None, rows: int | None = 3, **kwargs: Any) -> CheckOutcome:
    check = DeclaredCheck("amount_not_null", "critical", ("amount",), "", None, "expect_something", kwargs)
    return outcome_of(check, verdict, rows)


COUNTED = {"element_count": 3, "unexpected_count": 0}


def test_a_verdict_on_every_row_is_believed() -> None:
    assert outcome(Verdict(True, COUNTED)).passed


@pytest.mark.parametrize(
    ("verdict", "rows", "reason"),
    [
        (None, 3, "is declared but was not evaluated"),
        (Verdict(True, COUNTED), None, "the rows of its batch were not counted"),
        (Verdict(True, {"element_count": 0, "unexpected_count": None}), 3, "it evaluated 0 of 3 rows"),
        (Verdict(True, {"element_count": 2, "unexpected_count": 0}), 3, "it evaluated 2 of 3 rows"),
        (Verdict(True, COUNTED, ("division by zero",)), 3, "division by zero"),
    ],
)
def test_a_green_verdict_without_evidence_is_red(verdict: Verdict | None, rows: int | None, reason: str) -> None:
    doubted = outcome(verdict, rows)
    assert not doubted.passed
    assert reason in str(doubted.error)
    assert (doubted.evaluated_count, doubted.unexpected_count, doubted.unexpected_percent) == (None, None, None)


def test_a_rule_on_condition_may_evaluate_fewer_rows_than_the_batch_has() -> None:
    some = Verdict(True, {"element_count": 2, "unexpected_count": 0})
    assert outcome(some, row_condition={"type": "nullity"}).passed


def test_the_share_is_of_the_evaluated_rows() -> None:
    assert outcome(Verdict(False, {"element_count": 3, "unexpected_count": 2})).unexpected_percent == pytest.approx(
        66.67, 0.001
    )


def test_values_become_json_without_losing_cents_or_dates() -> None:
    value = {
        "amount": Decimal("12.50"),
        "on": datetime.date(2024, 2, 29),
        "at": datetime.datetime(2024, 2, 29, tzinfo=datetime.UTC),
        "share": float("nan"),
        "line": "x" * 10_000,
        "flags": (True, None, 3, 0.5),
    }
    clean = json_clean(value)
    assert clean == {
        "amount": "12.50",
        "on": "2024-02-29",
        "at": "2024-02-29T00:00:00+00:00",
        "share": "nan",
        "line": "x" * 200 + "…",
        "flags": [True, None, 3, 0.5],
    }
    json.dumps(clean, allow_nan=False)


def test_a_sample_shows_the_row_and_the_columns_of_the_check() -> None:
    row = {"amount": None, "amount__text": "12,50", "amounts": "1", "status": "paid", "_row_number": 7}
    assert sample_of([row], ("amount",), frozenset()) == ({"_row_number": 7, "amount": None, "amount__text": "12,50"},)


def test_a_check_that_names_no_column_shows_all_of_them() -> None:
    assert sample_of([{"_row_number": 7, "a": 1}], (), frozenset()) == ({"_row_number": 7, "a": 1},)


@pytest.mark.parametrize(
    ("row", "touched", "shown"),
    [
        ({"email": "jo@x.org", "_row_number": 7}, ("email",), {"_row_number": 7, "email": "j***"}),
        ({"email__text": "jo@x.org"}, ("email",), {"email__text": "j***"}),
        ({"email": None, "email__text": "j"}, ("email",), {"email": None, "email__text": "***"}),
        ({"plan": "pro", "email": "jo@x.org"}, ("plan", "email"), {"plan": "pro", "email": "j***"}),
        ({"address": "jo@x.org"}, ("email",), {"address": "j***"}),
        ({"address": "jo@x.org", "plan": "pro"}, (), {"address": "j***", "plan": "p***"}),
        ({"emails": "3"}, ("emails",), {"emails": "3"}),
    ],
)
def test_masked_columns_stay_masked_under_every_name(
    row: dict[str, Any], touched: tuple[str, ...], shown: dict[str, Any]
) -> None:
    assert sample_of([row], touched, frozenset({"email"})) == (shown,)


def test_an_observed_value_of_a_masked_column_is_masked() -> None:
    check = DeclaredCheck("longest", "critical", (), "", None, "expect_something", {"column": "email__text"})
    observed = outcome_of(check, Verdict(False, {"observed_value": "jo@x.org"}), 3, frozenset({"email"})).observed
    assert observed == "j***"


def test_an_error_is_one_line_without_the_statement_or_the_values() -> None:
    raised = 'invalid input syntax for type date: "jo@x.org"\nLINE 1: select\n[SQL: select secret]\n[parameters: {}]'
    assert error_text([raised, raised], frozenset()) == 'invalid input syntax for type date: "jo@x.org"'
    assert error_text([raised], frozenset({"email"})) == 'invalid input syntax for type date: "***"'
