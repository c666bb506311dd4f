"""`echoctl run`: what it answers to a person and to a script, run after run over one small business."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from pathlib import Path

import psycopg
import pytest
from echoctl import Echoctl, Outcome

from echo_assets import server
from echo_assets.planner.locks import planning_lock
from echo_assets.settings import Settings

pytestmark = pytest.mark.usefixtures("part_of_the_graph")

SALES = "transaction_id,date,amount,customer_id,status\n"
GOOD = SALES + "t1,2024-01-30,100.00,c1,paid\nt2,2024-01-31,50.00,c2,completed\nt3,2024-02-01,25.00,c1,refunded\n"
LEADS = "date,channel,leads,conversions,spend\n2024-01-30,Email,40,10,20\n2024-01-30,LinkedIn,10,5,90\n"
BAD = SALES + "t4,2024-02-02,10.00,c1,paid\n,2024-13-01,ten,,paid\n"


@pytest.fixture(scope="module")
def first(fresh: Echoctl) -> Outcome:
    """The first run, over two good files."""
    fresh.drop("revenue/sales.csv", GOOD)
    fresh.drop("marketing/leads.csv", LEADS)
    return fresh("run", "--json")


def test_the_object_has_what_scripts_rely_on(first: Outcome) -> None:
    assert first.code == 0, first.err
    told = first.document
    assert set(told) == {
        "ok", "changed", "loads", "checks", "metrics", "experiments", "models", "assets", "errors", "seconds",
        "peak_rss_mb",
    }  # fmt: skip
    assert told["loads"][1] == {
        "source": "revenue", "file": "sales.csv", "sha256": hashlib.sha256(GOOD.encode()).hexdigest(),
        "rows_in_file": 3, "staged": 3, "withheld": 0, "quarantined": 0, "duplicates": 0, "status": "loaded",
    }  # fmt: skip
    assert set(told["checks"]) == {"passed", "warned", "failed", "blocking_failed", "failures"}
    assert set(told["assets"]) == {"materialized", "skipped", "failed"}
    assert set(told["models"]) == {"churn", "revenue_forecast"}
    assert (told["ok"], told["changed"], told["errors"]) == (True, True, [])
    assert 0 < told["seconds"] < 300
    assert 50 < told["peak_rss_mb"] < 2000


def test_the_metrics_are_those_of_the_files(first: Outcome) -> None:
    metrics = first.document["metrics"]
    assert metrics["total_revenue"] == 150.0
    assert metrics["average_order_value"] == 75.0
    assert metrics["conversion_rate"] == 0.3
    assert metrics["best_channel_by_rate"] == {"channel": "LinkedIn", "rate": 0.5}
    assert metrics["best_channel_by_volume"] == {"channel": "Email", "conversions": 10}
    assert metrics["revenue_growth"] is None, "February has only begun"
    assert [month["month"] for month in metrics["revenue_by_month"]] == ["2024-01", "2024-02"]
    assert set(metrics["channel_performance"][0]) == {
        "channel", "leads", "conversions", "spend", "conversion_rate", "cost_per_conversion",
    }  # fmt: skip


def test_progress_goes_to_standard_error(first: Outcome) -> None:
    assert "revenue: taking in sales.csv" in first.err
    assert "building" in first.err


def test_the_same_again_changes_nothing_and_says_so(fresh: Echoctl, first: Outcome) -> None:
    again = fresh("run", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    assert [load["status"] for load in again.document["loads"]] == ["unchanged", "unchanged"]
    assert again.document["metrics"] == first.document["metrics"]
    shown = fresh("run")
    assert shown.code == 0
    assert shown.out.startswith("Nothing is new, and everything is up to date: nothing was changed.")


@pytest.mark.usefixtures("first")
def test_a_refused_file_is_told_and_changes_no_figure(fresh: Echoctl, first: Outcome) -> None:
    fresh.drop("revenue/bad.csv", BAD)
    refused = fresh("run", "--json")
    assert refused.code == 1
    told = refused.document
    [load] = [load for load in told["loads"] if load["file"] == "bad.csv"]
    assert (load["status"], load["withheld"], load["quarantined"], load["staged"]) == ("refused", 1, 1, 0)
    assert "1 of 2 rows are rejected (50.0%)" in load["reason"]
    assert told["ok"] is False
    assert told["metrics"] == first.document["metrics"]
    assert "no_refused_load_open" in {failure["check"] for failure in told["checks"]["failures"]}


def test_a_refusal_that_is_open_keeps_the_exit_code_without_doing_anything(fresh: Echoctl) -> None:
    shown = fresh("run")
    assert shown.code == 1
    assert "Nothing is new" in shown.out
    assert "REFUSED revenue/bad.csv: 1 of 2 rows are rejected" in shown.out
    assert shown.out.splitlines()[-1].startswith("Not good.")
    assert "ERROR  staging/revenue: no_refused_load_open" in fresh("status").out


def test_with_a_higher_share_it_is_loaded_and_what_nobody_reads_is_told_and_odd_names_are_read(fresh: Echoctl) -> None:
    fresh.drop("revneue/sales.csv", GOOD)
    fresh.drop("revenue/-rf 'quoted\"\nname.csv", SALES + "t9,2024-01-29,40.00,c9,paid\n")
    shown = fresh("run", "--max-rejected-share", "1")
    assert shown.code == 0, shown.out + shown.err
    assert "revneue/ in the landing folder belongs to no contract" in shown.err
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["revenue", "bad.csv", "loaded", "2", "1", "0", "1", "0"] in lines
    assert "-rf 'quoted\"\\nname.csv" in shown.out
    assert "Total revenue        200.00" in shown.out
    assert shown.out.splitlines()[-1].startswith("Good.")


def test_a_share_in_the_environment_counts_as_one_in_the_arguments(fresh: Echoctl) -> None:
    assert fresh("run", "--json", ECHO_MAX_REJECTED_SHARE="1").document["changed"] is False


def test_a_run_waits_for_one_that_is_under_way_and_says_so(fresh: Echoctl) -> None:
    url = server.databases(Settings.from_environment({"ECHO_HOME": str(fresh.home)})).url()
    held = threading.Event()

    def other() -> None:
        with planning_lock(url, wait=True), psycopg.connect(url, autocommit=True) as connection:
            held.set()
            while not connection.execute("select from pg_locks where locktype = 'advisory' and not granted").fetchall():
                connection.execute("select pg_sleep(0.01)")

    thread = threading.Thread(target=other)
    thread.start()
    held.wait()
    waited = fresh("run", "--json", ECHO_MAX_REJECTED_SHARE="1")
    thread.join()
    assert waited.code == 0
    assert "another run is under way; waiting until it has ended" in waited.err


def test_a_landing_folder_that_does_not_exist_is_told_in_one_line(fresh: Echoctl, tmp_path: Path) -> None:
    told = fresh("run", "--landing", str(tmp_path / "nowhere"))
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert "nowhere" in told.err


def test_another_landing_folder_may_be_named_and_an_empty_one_is_no_mistake(fresh: Echoctl, tmp_path: Path) -> None:
    shown = fresh("run", "--json", "--landing", str(tmp_path))
    assert shown.code == 0
    assert (shown.document["changed"], shown.document["loads"]) == (False, [])


def test_the_installed_command_ends_with_the_same_codes(fresh: Echoctl) -> None:
    command = [str(Path(sys.executable).with_name("echoctl"))]
    environment = {"ECHO_HOME": str(fresh.home), "ECHO_LANDING": str(fresh.landing), "PATH": "/usr/bin:/bin"}
    mistaken = subprocess.run(
        [*command, "run"], capture_output=True, text=True, check=False, cwd=fresh.folder,
        env={**environment, "ECHO_TIMEZONE": "nowhere"},
    )  # fmt: skip
    assert (mistaken.returncode, mistaken.stdout) == (2, "")
    assert mistaken.stderr.startswith("echoctl: ECHO_TIMEZONE='nowhere' is not usable")
    asked = subprocess.run(
        [*command, "psql", "--csv", "-c", "select count(*) from staging.revenue"],
        capture_output=True, text=True, check=False, cwd=fresh.folder, env=environment,
    )  # fmt: skip
    assert (asked.returncode, asked.stdout, asked.stderr) == (0, "count\n5\n", "")
