"""A source with a server in the graph: read before files are taken in, by day, and told when it cannot be read."""

from __future__ import annotations

import datetime
import json
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import dagster as dg
import psycopg
import pytest
from platform_under_test import Platform

from echo_assets import extract_files
from echo_assets.definitions import build
from echo_assets.settings import Settings
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.odcs import read_contracts

pytestmark = pytest.mark.slow

CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"
SERVER = """servers:
  - server: shop
    type: sqlite
    customProperties:
      - {property: urlVariable, value: SHOP_DATABASE_URL}
      - {property: table, value: product}
      - {property: cursorColumn, value: updated_at}
"""
TODAY = datetime.datetime.now(datetime.UTC).date()
FIRST, SOME = TODAY - datetime.timedelta(days=30), TODAY - datetime.timedelta(days=20)


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Path:
    """The shop's own database: products, of which one is older than the first partition and one is new."""
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table product (product_id text, updated_at text, name text)")
        rows = [("p1", "2019-05-01", "Lamp"), ("p2", SOME.isoformat(), "Chair"), ("p3", TODAY.isoformat(), "Desk")]
        connection.executemany("insert into product values (?, ?, ?)", rows)
    return path


@pytest.fixture(scope="module")
def reading(platform: Platform, shop: Path, tmp_path_factory) -> Platform:
    """The platform, whose products come from the shop's database."""
    folder = tmp_path_factory.mktemp("contracts")
    for path in CONTRACTS.glob("*.yaml"):
        shutil.copy(path, folder)
    products = folder / "products.yaml"
    products.write_text(products.read_text().replace("customProperties:", SERVER + "customProperties:", 1))
    with psycopg.connect(platform.sources.url(), autocommit=True) as connection:
        prepare_tables(connection, read_contracts(folder).values())
    return Platform(
        replace(platform.settings, contracts=folder, start_date=FIRST), platform.instance, platform.connection
    )


@pytest.fixture(autouse=True)
def url(shop, monkeypatch):
    monkeypatch.setenv("SHOP_DATABASE_URL", f"sqlite:///{shop}")


def add(shop, *row):
    with sqlite3.connect(shop) as connection:
        connection.execute("insert into product values (?, ?, ?)", row)


def read(reading):
    """Read the server; the days of the run."""
    [report] = reading.refresh.extracts()
    run = reading.instance.get_run_by_id(report.run_id)
    assert run is not None
    return report, tuple(run.tags[f"dagster/asset_partition_range_{end}"] for end in ("start", "end"))


def test_a_server_is_read_by_day_taken_in_and_then_only_what_is_new(reading, shop):
    report, days = read(reading)
    assert report.succeeded
    assert days == (FIRST.isoformat(), TODAY.isoformat()), "the first partition also holds everything earlier"
    assert all(report.succeeded for report in reading.take_in())
    assert reading.rows("select product_id, name from staging.products order by 1") == [
        ("p1", "Lamp"), ("p2", "Chair"), ("p3", "Desk")
    ]  # fmt: skip
    add(shop, "p4", TODAY.isoformat(), "Shelf")
    _, days = read(reading)
    assert days[0] == (TODAY - datetime.timedelta(days=1)).isoformat()
    assert all(report.succeeded for report in reading.take_in())
    assert reading.value("select count(*) from staging.products") == 4
    assert reading.metadata("extract/products", TODAY.isoformat())["changed"] == f"shop/{TODAY}.csv"
    assert reading.refresh.instance.get_latest_materialization_event(dg.AssetKey(["raw", "products"]))


def test_a_day_can_be_read_again_by_hand(reading, shop):
    add(shop, "p5", SOME.isoformat(), "Bench")
    day = {f"dagster/asset_partition_range_{end}": SOME.isoformat() for end in ("start", "end")}
    contract = reading.sources.contracts["products"]
    [report] = reading.refresh.extracts([contract], {"products": day})
    assert report.succeeded
    assert (reading.settings.landing / f"products/shop/{SOME}.csv").read_text().count("\n") == 3


def test_a_server_that_cannot_be_read_fails_alone_and_says_why(reading, monkeypatch):
    monkeypatch.delenv("SHOP_DATABASE_URL")
    report, _ = read(reading)
    [failed] = report.failed
    assert "SHOP_DATABASE_URL='' is not usable" in failed.message
    monkeypatch.setenv("SHOP_DATABASE_URL", "sqlite://")
    report, _ = read(reading)
    assert "no such table: product" in report.failed[0].message


def test_a_server_that_does_not_answer_is_asked_again_before_the_run_fails(reading, monkeypatch):
    monkeypatch.setattr(extract_files, "_FIRST_DELAY", 0)
    monkeypatch.setenv("SHOP_DATABASE_URL", "postgresql://me:s3cret@127.0.0.1:1/nowhere")
    report, _ = read(reading)
    assert "refused" in report.failed[0].message
    log = reading.instance.all_logs(report.run_id)
    assert [entry.dagster_event_type for entry in log].count(dg.DagsterEventType.STEP_UP_FOR_RETRY) == 3
    assert not [entry for entry in log if "s3cret" in str(entry)]


def test_the_graph_shows_where_files_come_from_and_reads_servers_by_the_hour(reading):
    definitions = reading.definitions
    specs = {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}
    assert [dep.asset_key.to_user_string() for dep in specs["raw/products"].deps] == ["extract/products"]
    assert "extract/revenue" not in specs
    assert not list(specs["raw/revenue"].deps)
    schedule = definitions.get_repository_def().get_schedule_def("extract_schedule")
    assert schedule.job_name == "extract_job"
    without = build(Settings.from_environment({}))
    assert not any(job.name == "extract_job" for job in without.get_repository_def().get_all_jobs())


def test_the_job_of_the_schedule_reads_every_server(reading):
    job = reading.definitions.resolve_job_def("extract_job")
    result = job.execute_in_process(instance=reading.instance)
    assert result.success, json.dumps([str(event) for event in result.all_events if event.is_failure])
