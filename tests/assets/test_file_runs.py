"""Runs over file partitions: many files at once, a refused one among them, and what a wrong range is told."""

from __future__ import annotations

import dagster as dg
import pytest
from platform_under_test import BAD_SALES, LAYERS, LEADS, SALES, Platform, sale

from echo_assets.file_runs import WaitingFile, file_runs
from echo_assets.planner.runs import execute_assets
from echo_quality.loading.source_file import SourceFile

pytestmark = [pytest.mark.database, pytest.mark.slow]


def test_three_files_are_taken_in_by_one_run_and_a_refused_one_does_not_stop_the_others(platform: Platform) -> None:
    first = platform.drop("revenue", "1.csv", SALES + sale("a", "2024-01-01") + sale("b", "2024-01-02"))
    refused = platform.drop("revenue", "2.csv", BAD_SALES)
    third = platform.drop("revenue", "3.csv", SALES + sale("c", "2024-01-03", "7.50"))
    [report] = platform.take_in()
    assert report.succeeded
    assert report.materialized == ("quarantine/revenue", "raw/revenue", "staging/revenue")
    assert platform.rows("select transaction_id from staging.revenue order by 1") == [("a",), ("b",), ("c",)]
    assert platform.rows("select file, status from ops.loads order by file") == [
        ("1.csv", "loaded"), ("2.csv", "refused"), ("3.csv", "loaded"),
    ]  # fmt: skip
    told = {file.name: platform.metadata("staging/revenue", file.partition_key) for file in (first, refused, third)}
    assert {name: (each["status"], each["dagster/partition_row_count"]) for name, each in told.items()} == {
        "1.csv": ("loaded", 2), "2.csv": ("refused", 0), "3.csv": ("loaded", 1),
    }  # fmt: skip
    assert "1 of 1 rows are rejected" in told["2.csv"]["reason"]
    in_quarantine = platform.metadata("quarantine/revenue", refused.partition_key)
    assert in_quarantine["dagster/partition_row_count"] == 1
    assert {status: in_quarantine[status] for status in ("open", "fixed", "waived")} == {
        "open": 1,
        "fixed": 0,
        "waived": 0,
    }
    assert in_quarantine["top_reasons"].records[0].data["rows"] == 1
    assert platform.metadata("raw/revenue", third.partition_key)["dagster/partition_row_count"] == 1


def test_an_open_refusal_is_red_until_its_file_is_mended(platform: Platform) -> None:
    assert not platform.verdict("staging/revenue", "no_refused_load_open").passed
    platform.drop("revenue", "other.csv", SALES + sale("d", "2024-01-04"))
    [good] = platform.take_in()
    assert good.succeeded
    assert "no_refused_load_open" in platform.red(), "a good file must not turn it green"
    platform.drop("revenue", "2.csv", SALES + sale("e", "2024-01-05"))
    [mended] = platform.take_in()
    assert mended.succeeded
    assert platform.red() == set()


def test_an_open_refusal_ends_when_its_file_is_taken_away(platform: Platform) -> None:
    bad = platform.drop("revenue", "bad.csv", BAD_SALES)
    platform.take_in()
    assert "no_refused_load_open" in platform.red()
    assert platform.take_in() == [], "nothing has changed, so nothing is asked again"
    bad.path.unlink()
    rows = platform.rows("select * from staging.revenue order by _row_id")
    [asked] = platform.take_in()
    assert asked.succeeded
    assert platform.red() == set(), "neither the file nor what its rows broke"
    assert platform.rows("select * from staging.revenue order by _row_id") == rows


def test_files_of_two_sources_with_one_name_are_two_files(platform: Platform) -> None:
    platform.drop("revenue", "january.csv", SALES + sale("j", "2024-01-31"))
    platform.drop("marketing", "january.csv", LEADS + "2024-01-31,Email,10,1,5\n")
    assert [report.succeeded for report in platform.take_in()] == [True, True]
    assert platform.rows("select source, status from ops.loads where file = 'january.csv' order by 1") == [
        ("marketing", "loaded"), ("revenue", "loaded"),
    ]  # fmt: skip


def test_a_reversed_range_fails_with_a_reason_and_leaves_the_verdicts_to_be_asked_again(platform: Platform) -> None:
    keys = platform.instance.get_dynamic_partitions("revenue_files")
    report = platform.run_files("revenue", keys[-1], keys[0])
    assert not report.succeeded
    [failed] = report.failed
    assert "no file was selected: choose a file partition, or a range whose first key comes first" in failed.message
    assert not platform.verdict("staging/revenue", "amount_not_null").passed, "planned and not asked must not be green"
    nothing = execute_assets([dg.AssetKey(["raw", "revenue"])], {}, platform.job, platform.instance)
    assert "no file was selected" in nothing.failed[0].message
    reports = platform.take_in()
    assert reports
    assert all(report.succeeded for report in reports)
    assert platform.red() == set()


def test_a_file_that_is_nowhere_is_told(platform: Platform) -> None:
    platform.add_partitions("marketing", "ghost.csv--00000000")
    raw = platform.run_files("marketing", "ghost.csv--00000000", "ghost.csv--00000000", ("raw",))
    assert "is neither in" in raw.failed[0].message
    assert "nor in the lake" in raw.failed[0].message
    staging = platform.run_files("marketing", "ghost.csv--00000000", "ghost.csv--00000000", LAYERS[1:])
    assert "has not landed: materialise raw/marketing first" in staging.failed[0].message


def test_a_file_that_left_the_landing_folder_is_read_from_the_lake_again(platform: Platform) -> None:
    file = platform.drop("products", "kept.csv", "product_id,name,updated_at\np1,Basic,2024-01-01T00:00:00Z\n")
    platform.take_in()
    file.path.unlink()
    report = platform.run_files("products", file.partition_key, file.partition_key)
    assert report.succeeded
    assert platform.value("select count(*) from ops.loads where source = 'products'") == 1


def waiting(*names: str) -> list[WaitingFile]:
    return [WaitingFile(SourceFile("revenue", None, name, known_key=name), "1:1") for name in names]  # type: ignore[arg-type]


def test_a_run_covers_neighbours_only_since_a_range_takes_in_all_between() -> None:
    runs = file_runs("revenue", waiting("a", "b", "d"), ["a", "b", "c", "d"])
    assert [(run.first, run.last) for run in runs] == [("a", "b"), ("d", "d")]


def test_the_order_is_that_of_the_partitions_and_not_of_the_names() -> None:
    [run] = file_runs("revenue", waiting("a", "b"), ["b", "a"])
    assert (run.first, run.last) == ("b", "a")


def test_equal_files_of_two_sources_have_fingerprints_of_their_own() -> None:
    [revenue] = file_runs("revenue", waiting("a"), ["a"])
    [marketing] = file_runs("marketing", waiting("a"), ["a"])
    assert revenue.fingerprint != marketing.fingerprint
