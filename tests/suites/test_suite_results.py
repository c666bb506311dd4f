"""Outcomes are kept in ops.check_results, one row each."""

from __future__ import annotations

from importlib.resources import files

import psycopg
import pytest
from psycopg.rows import dict_row

from echo_assets import server
from echo_quality.suites import CheckOutcome, store_outcomes
from echo_quality.suites.declarations import DeclaredCheck, Severity
from echo_quality.suites.outcomes import Verdict, outcome_of

pytestmark = pytest.mark.database


def outcome(check: str, severity: Severity, unexpected: int) -> CheckOutcome:
    declared = DeclaredCheck(
        check, severity, ("amount",), "Amount is there.", "docs/runbook.md", "expect_it", {"column": "amount"}
    )
    found = {
        "element_count": 4,
        "unexpected_count": unexpected,
        "unexpected_rows": [{"_row_number": 2, "amount": None}],
    }
    return outcome_of(declared, Verdict(unexpected == 0, found), 4)


def test_outcomes_are_stored_with_their_evidence_and_a_warning_never_blocks(fresh_database: server.Databases) -> None:
    with psycopg.connect(fresh_database.url(), row_factory=dict_row) as connection:
        connection.execute(files("echo_quality").joinpath("ledger.sql").read_text(encoding="utf-8"))
        stored = store_outcomes(
            connection,
            [outcome("amount_not_null", "critical", 1), outcome("amount_usual", "warning", 0)],
            asset="raw/revenue",
            partition="jan-csv--0a1b2c3d",
            load_id=17,
            run_id="run-1",
            blocking=True,
        )
        rows = connection.execute("select * from ops.check_results order by check_result_id").fetchall()
    assert stored == len(rows) == 2
    kept = [(row["check_name"], row["passed"], row["severity"], row["blocking"]) for row in rows]
    assert kept == [("amount_not_null", False, "ERROR", True), ("amount_usual", True, "WARN", False)]
    first = rows[0]
    assert (first["asset"], first["partition"], first["load_id"], first["run_id"]) == (
        "raw/revenue",
        "jan-csv--0a1b2c3d",
        17,
        "run-1",
    )
    assert first["metadata"] == {
        "expectation": "expect_it",
        "kwargs": {"column": "amount"},
        "columns": ["amount"],
        "description": "Amount is there.",
        "runbook": "docs/runbook.md",
        "evaluated_count": 4,
        "unexpected_count": 1,
        "unexpected_percent": 25.0,
        "observed": None,
        "sample": [{"_row_number": 2, "amount": None}],
        "error": None,
    }


def test_nothing_is_stored_unless_the_caller_commits(fresh_database: server.Databases) -> None:
    with psycopg.connect(fresh_database.url()) as connection:
        connection.execute(files("echo_quality").joinpath("ledger.sql").read_text(encoding="utf-8"))
        connection.commit()
        outcomes = [outcome("amount_not_null", "critical", 0)]
        store_outcomes(
            connection, outcomes, asset="raw/revenue", partition=None, load_id=None, run_id=None, blocking=False
        )
        connection.rollback()
        assert connection.execute("select count(*) from ops.check_results").fetchone() == (0,)
