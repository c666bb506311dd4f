"""A suite's declaration is read without Great Expectations, and a flaw in it is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from echo_quality.suites import DeclaredCheck, SuiteError, declared_checks

NOT_NULL = "expect_column_values_to_not_be_null"


def test_a_declared_check_carries_what_its_readers_need(expect: Callable[..., dict[str, Any]]) -> None:
    suite = {
        "name": "s",
        "expectations": [expect("amount_not_null", NOT_NULL, columns=("amount",), column="amount__text")],
    }
    assert declared_checks(suite) == (
        DeclaredCheck(
            name="amount_not_null",
            severity="critical",
            columns=("amount",),
            description="What amount_not_null is about.",
            runbook="docs/runbook.md#amount-not-null",
            expectation=NOT_NULL,
            kwargs={"column": "amount__text"},
        ),
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"meta": {}}, r"expectation 1 \(expect_column_values_to_not_be_null\) needs meta.check"),
        ({"meta": {"check": "amount not null"}}, "it has 'amount not null'"),
        ({"severity": "error"}, r"expectation 1 \(amount_not_null\) has severity 'error': write critical or warning"),
        ({"kwargs": {"unexpected_rows_query": "select 1 from raw.revenue"}}, "does not read its batch: write {batch}"),
    ],
)
def test_a_flaw_in_an_expectation_is_refused_by_name(
    expect: Callable[..., dict[str, Any]], change: dict[str, Any], reason: str
) -> None:
    flawed = {**expect("amount_not_null", NOT_NULL, column="amount"), **change}
    with pytest.raises(SuiteError, match=reason):
        declared_checks({"name": "raw_revenue_data", "expectations": [flawed]})


@pytest.mark.parametrize(
    ("suite", "reason"),
    [
        ({"expectations": [{}]}, "A suite has no name"),
        ({"name": "s"}, "Suite s declares no expectation"),
        ({"name": "s", "expectations": []}, "Suite s declares no expectation"),
    ],
)
def test_a_suite_that_could_not_fail_is_refused(suite: dict[str, Any], reason: str) -> None:
    with pytest.raises(SuiteError, match=reason):
        declared_checks(suite)


def test_two_expectations_of_one_name_are_refused(expect: Callable[..., dict[str, Any]]) -> None:
    twice = [expect("same", NOT_NULL, column="a"), expect("same", NOT_NULL, column="b")]
    with pytest.raises(SuiteError, match="Suite s declares same more than once"):
        declared_checks({"name": "s", "expectations": twice})
