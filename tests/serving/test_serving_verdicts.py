"""Verdicts that stand: the latest run of each check, and everything that a column is made of."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from served_warehouse import evaluate
from serving_under_test import Served

from echo_ml.serving.verdicts import Standing

AT = datetime(2024, 7, 1, tzinfo=UTC)


def standing(served: Served, *assets: str) -> Standing:
    served.backend.verdicts.refresh()
    return served.backend.verdicts.snapshot.standing(assets)


def test_a_check_is_red_if_any_file_of_its_latest_run_is(served: Served, owner: psycopg.Connection[Any]) -> None:
    evaluate(owner, "t/files", "amount_not_null", passed=False, at=AT, run_id="one")
    evaluate(owner, "t/files", "amount_not_null", at=AT + timedelta(seconds=1), run_id="one")
    assert standing(served, "t/files").status == "red"
    evaluate(owner, "t/files", "amount_not_null", at=AT + timedelta(seconds=2), run_id="two")
    assert standing(served, "t/files").status == "green"


def test_errors_come_before_warnings_and_decide_the_status(served: Served, owner: psycopg.Connection[Any]) -> None:
    evaluate(owner, "t/mixed", "a", passed=False, severity="WARN")
    assert standing(served, "t/mixed").status == "warned"
    evaluate(owner, "t/mixed", "b", passed=False)
    found = standing(served, "t/mixed")
    assert (found.status, [check.name for check in found.red], found.blocking) == ("red", ["b", "a"], ())


def test_what_nobody_has_checked_is_not_green(served: Served) -> None:
    found = standing(served, "t/never")
    assert (found.status, found.checked, found.evaluated_at) == ("unchecked", 0, None)


def test_without_the_lineage_nothing_is_green(served: Served) -> None:
    served.backend.verdicts.refresh()
    known = served.backend.verdicts.snapshot
    assert known.standing(["finance/revenue_daily"]).status == "green"
    assert replace(known, edges={}).standing(["finance/revenue_daily"]).status == "unchecked"


def test_a_column_is_followed_to_the_files_and_circles_end(served: Served, owner: psycopg.Connection[Any]) -> None:
    owner.execute(
        "insert into ops.column_lineage values ('t/a', 'x', 't/b', 'y', 'value'), ('t/b', 'y', 't/a', 'x', 'rows')"
    )
    evaluate(owner, "t/a", "something")  # the lineage is read again with the checks
    served.backend.verdicts.refresh()
    snapshot = served.backend.verdicts.snapshot
    assert snapshot.behind([("t/a", "x")]) == {"t/a", "t/b"}
    assert snapshot.behind([("finance/headline_metrics", "total_revenue")]) >= {"staging/revenue", "raw/revenue"}
    assert snapshot.behind([("finance/headline_metrics", "nothing")]) == {"finance/headline_metrics"}


def test_nothing_is_read_anew_while_no_check_was_evaluated(served: Served) -> None:
    served.backend.verdicts.refresh()
    before = served.backend.verdicts.snapshot
    served.backend.verdicts.refresh()
    assert served.backend.verdicts.snapshot is before
