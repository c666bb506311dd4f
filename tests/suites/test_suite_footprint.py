"""What a suite costs its process: no import before it runs, no network, no noise, no heap of failing rows."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from echo_assets import server

ROOT = Path(__file__).parents[2]
DECLARING = """
import sys
from echo_quality.suites import declared_checks, run_checkpoint, store_outcomes
kwargs = {"column": "amount"}
declared_checks({"name": "s", "expectations": [
    {"type": "expect_column_values_to_not_be_null", "kwargs": kwargs, "severity": "critical", "meta": {"check": "c"}}
]})
print([name for name in ("great_expectations", "pandas", "sqlalchemy", "psycopg") if name in sys.modules])
"""
RUNNING = """
import json, logging, resource, sys, warnings
reached = []
def note(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        reached.append(arguments[1][0])
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        reached.append(arguments[0])
sys.addaudithook(note)
from echo_quality.suites import run_checkpoint
def expectation(check, kind, **kwargs):
    return {"type": kind, "kwargs": kwargs, "severity": "critical", "meta": {"check": check}}
def run(rows):
    suite = {"name": "s", "expectations": [
        expectation("no_text", "unexpected_rows_expectation", unexpected_rows_query="select * from {batch}"),
        expectation("short", "expect_column_value_lengths_to_be_between", column="t", max_value=9),
        expectation("unknown", "expect_nothing"),
        expectation("raises", "expect_column_values_to_not_be_null", column="u"),
    ]}
    query = f"select n as _row_number, repeat('x', 400) as t from generate_series(1, {rows}) as n"
    return run_checkpoint(suite, sys.argv[1], query)
from datetime import datetime, timezone
from echo_quality.suites.pages import Checkpoint, StoredResult, checkpoint_page
shown = warnings.showwarning
run(10)
result = {"expectation": "expect_column_values_to_not_be_null", "kwargs": {"column": "t__text"}, "evaluated_count": 1,
          "description": "t has a value.", "unexpected_count": 1, "unexpected_percent": 100.0}
stored = StoredResult("t_not_null", False, "ERROR", datetime.now(timezone.utc), result, ("row 7",))
page = checkpoint_page(Checkpoint("raw_sales_data", (stored,)))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
counts = [each.unexpected_count for each in run(150_000)]
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
far = [host for host in reached if host not in ("127.0.0.1", "::1", "localhost")]
kept = warnings.showwarning is shown
print(json.dumps({"counts": counts, "grown_kb": grown, "far": far, "warnings_kept": kept, "page": page}))
"""


def test_listing_the_checks_imports_nothing_heavy() -> None:
    ran = subprocess.run([sys.executable, "-c", DECLARING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.database
@pytest.mark.slow
def test_a_checkpoint_and_its_page_reach_no_other_machine_print_nothing_and_fetch_only_the_sample(
    databases: server.Databases,
) -> None:
    command = [sys.executable, "-c", RUNNING, databases.url()]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    told = json.loads(ran.stdout)
    assert ran.stderr == ""
    assert told["far"] == []
    assert told["warnings_kept"]
    assert "raw_sales_data_checkpoint" in told["page"]
    assert "t_not_null: t has a value." in told["page"]
    assert "row 7" in told["page"]
    assert "//" not in told["page"], "a page asks the network for nothing"
    assert told["counts"] == [150_000, 150_000, None, None]
    assert told["grown_kb"] < 30_000  # the rows themselves are twice that
