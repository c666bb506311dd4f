"""Feature views end to end, from files to what is served: due by the ledger, applied once, checked, repaired."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from platform_under_test import LEADS, Platform
from redis_server import redis_server

from echo_assets.feature_checks import checks_of
from echo_assets.features import due, materialising
from echo_assets.features.erasing import erase_from_features
from echo_assets.features.places import declared_views
from echo_assets.features.reporting import as_finding
from echo_assets.open_checks import ask
from echo_assets.planner.report import RunReport
from echo_assets.sources import Sources
from echo_assets.verdicts import Verdict
from echo_ml.features.checks import verdict
from echo_ml.features.checks.recomputed import matches_facts
from echo_ml.features.online import OnlineFeatures, OnlineRow
from echo_ml.features.through_feast import FeastFeatures

pytestmark = [pytest.mark.database, pytest.mark.slow]

CUSTOMER = "feature_views/customer_daily"
SOLD = [f"t{day},2024-03-{day:02},10.00,c1,p1,{'paid' if day < 11 else 'refunded'}\n" for day in range(1, 12)]
ALL = [f"feature_views/{view.name}" for view in declared_views()]


@pytest.fixture(scope="module")
def part_of_the_graph() -> None:
    """Features and what they are served from, down to the leaves: the whole graph."""


@pytest.fixture(scope="module")
def platform(platform: Platform) -> Iterator[Platform]:
    """A platform on which nothing of features was materialised."""
    platform.execute("drop schema if exists feature_online cascade; create schema feature_online")
    platform.execute("drop schema if exists feast_registry cascade; create schema feast_registry")
    yield platform


def built(platform: Platform, keys: list[str]) -> RunReport:
    return platform.refresh.build(map(dg.AssetKey.from_user_string, keys), {})


def models_built(platform: Platform) -> list[RunReport]:
    """Take in what waits and build the models; what is built on them is not asked for."""
    return [*platform.refresh.files(), *platform.refresh.days()]


def served(platform: Platform, customer: str) -> OnlineRow:
    [row] = OnlineFeatures(lambda: nullcontext(platform.connection), declared_views()).read("customer", [customer])
    return row


def test_nothing_is_due_before_there_are_tables_of_features(platform: Platform) -> None:
    if platform.value("select to_regclass('features.customer_daily') is null"):
        assert due.due_feature_views(platform.sources) == []


def test_what_is_due_is_the_registry_first_and_then_every_view_that_has_a_table(platform: Platform) -> None:
    platform.drop("revenue", "a.csv", "transaction_id,date,amount,customer_id,product_id,status\n" + "".join(SOLD))
    platform.drop("marketing", "b.csv", LEADS + "2024-03-09,google,10,2,5.50\n2024-01-01,google,9,1,1.00\n")
    assert [report.failed for report in models_built(platform) if report.failed] == []
    waiting = due.due_feature_views(platform.sources)
    assert waiting[0] == "feature_views/registry"
    assert CUSTOMER in waiting
    report = built(platform, waiting)
    assert report.failed == ()
    assert due.due_feature_views(platform.sources) == []
    row = served(platform, "c1")
    assert (row.values["total_orders"], row.values["last_order_date"]) == (10, date(2024, 3, 10))
    assert row.event_timestamps.keys() == {"customer_daily"}


def test_every_check_was_asked_and_stands_green_but_for_the_age_of_old_data(platform: Platform) -> None:
    found = platform.rows(
        "select asset, check_name, passed, severity from ops.check_results where asset like 'feature_views/%'"
    )
    assert {asset for asset, *_ in found} >= {CUSTOMER, "feature_views/registry", "feature_views/customer_exposures"}
    assert {(name, severity) for _, name, passed, severity in found if not passed} <= {("online_is_fresh", "WARN")}
    assert not platform.verdict(CUSTOMER, "online_is_fresh").passed, "data of 2024 are old by now"
    assert platform.verdict("feature_views/registry", "services_read_no_output").passed
    assert "Feast knows all" in platform.verdict("feature_views/registry", "registry_knows_every_view").message


@pytest.mark.parametrize(
    ("view", "change"),
    [
        ("customer_daily", "orders_last_30d = orders_last_30d + 1"),
        ("customer_daily", "last_order_date = last_order_date + 1"),
        ("channel_daily", "leads_7d = 0"),
        ("product_daily", "revenue_28d = revenue_28d * 2"),
    ],
)
def test_a_snapshot_that_is_not_what_its_facts_say_is_found(platform: Platform, view: str, change: str) -> None:
    [found] = [each for each in declared_views() if each.name == view]
    assert matches_facts(platform.connection, found).facts["sampled"] > 0
    with platform.connection.transaction(force_rollback=True):
        day = "2024-03-10" if view != "customer_daily" else "2024-03-05"
        platform.execute(f"update features.{view} set {change} where snapshot_date = '{day}'")
        red = matches_facts(platform.connection, found)
    assert (red.passed, red.facts["differing"], red.sample[0]["differing"]) == (False, 1, change.split()[0])


def test_a_table_that_was_built_from_newer_marks_makes_its_view_due_and_no_other(platform: Platform) -> None:
    platform.execute("update ops.built_days set mark = mark + 1 where asset = 'features/customer_daily'")
    platform.execute("update features.customer_daily set total_orders = 11")
    assert due.due_feature_views(platform.sources) == [CUSTOMER]
    assert built(platform, [CUSTOMER]).failed == ()
    assert served(platform, "c1").values["total_orders"] == 11
    assert due.due_feature_views(platform.sources) == []


def test_a_materialisation_is_kept_and_feast_was_told_of_it(platform: Platform) -> None:
    rows = platform.rows(
        "select written, retracted, told_at is not null from ops.feature_materialisations"
        " where view = 'customer_daily' order by materialisation_id"
    )
    assert rows == [(1, 0, True), (1, 0, True)], "Feast was loaded to apply the definitions, so telling it was free"


def test_a_broken_online_row_turns_its_check_red_and_materialising_repairs_it(platform: Platform) -> None:
    platform.execute("update feature_online.customer_daily set total_orders = -1")
    broken = asked(platform, "online_matches_offline")
    assert (broken.passed, broken.severity) == (False, "ERROR")
    assert "1 differing" in broken.message
    built(platform, [CUSTOMER])
    assert asked(platform, "online_matches_offline").passed


def asked(platform: Platform, check: str, asset: str = CUSTOMER) -> Verdict:
    """Ask one check without building anything."""
    ask([dg.AssetCheckKey(dg.AssetKey.from_user_string(asset), check)], platform.job, platform.instance)
    return platform.verdict(asset, check)


def test_a_guard_that_was_dropped_is_found_and_the_registry_puts_it_back(platform: Platform) -> None:
    platform.execute("drop trigger newer_stays on feature_online.customer_daily")
    assert not asked(platform, "newer_is_never_overwritten").passed
    built(platform, ["feature_views/registry"])
    assert asked(platform, "newer_is_never_overwritten").passed


def test_a_view_that_feast_lost_is_found_and_applied_again(platform: Platform) -> None:
    for table in ("feature_views", "feature_view_version_history"):  # as `feast feature-views delete` does
        platform.execute(f"delete from feast_registry.{table} where feature_view_name = 'customer_churn'")
    lost = asked(platform, "registry_knows_every_view", "feature_views/registry")
    assert (lost.passed, lost.message) == (False, "Feast does not know customer_churn.")
    assert due.due_feature_views(platform.sources) == ["feature_views/registry"]
    assert built(platform, ["feature_views/registry"]).failed == ()
    assert due.due_feature_views(platform.sources) == []


def test_what_a_backfill_forgot_is_due_again(platform: Platform) -> None:
    due.forget(platform.connection, frozenset({"features/customer_daily"}))
    assert due.due_feature_views(platform.sources) == [CUSTOMER]
    built(platform, [CUSTOMER])
    assert due.due_feature_views(platform.sources) == []


def test_a_person_leaves_what_is_served_and_goes_on_under_the_token_in_the_history(platform: Platform) -> None:
    days = platform.value("select count(*) from features.customer_daily where customer_id = 'c1'")
    platform.execute(
        "insert into ops.superseded_features (asset, entity_id, snapshot_date, known_at, superseded_at, features)"
        " select 'features/customer_daily', customer_id, snapshot_date, event_timestamp, now(), to_jsonb(rows)"
        " from features.customer_daily as rows order by snapshot_date limit 1"
    )
    platform.execute(
        "insert into ops.changed_rows (asset, day, kind, member)"
        " values ('core/a_fact', '2024-01-01', 'customer_id', 'c1')"
    )
    total = platform.value("select sum(total_orders) from features.customer_daily")
    assert erase_from_features(platform.sources, "c1", "erased-1") == days + 2
    assert erase_from_features(platform.sources, "c1", "erased-1") == 0
    assert not served(platform, "c1").is_known
    kept = "select count(*) from {} as kept where kept::text like '%c1%'"
    for table in (
        "features.customer_daily", "ops.superseded_features", "ops.changed_rows", "feature_online.customer_daily",
    ):  # fmt: skip
        assert platform.value(kept.format(table)) == 0, table
    assert platform.value("select sum(total_orders) from features.customer_daily") == total
    built(platform, [CUSTOMER])
    assert served(platform, "erased-1").is_known
    assert asked(platform, "restatements_do_not_leak").passed
    assert erase_from_features(platform.sources, "erased-1", "c1") > 0, "so that the tests after this find the customer"
    platform.execute("truncate ops.superseded_features")
    platform.execute("delete from ops.changed_rows where asset = 'core/a_fact'")
    built(platform, [CUSTOMER])


def test_with_a_redis_the_same_assets_and_checks_serve_from_it(platform: Platform, tmp_path: Path) -> None:
    with redis_server(tmp_path) as url:
        sources = Sources(replace(platform.settings, redis_url=url))
        assert due.due_feature_views(sources)[0] == "feature_views/registry", "another online store to tell Feast of"
        assert materialising.applied(sources) is not None
        [view] = [view for view in declared_views() if view.name == "customer_daily"]
        assert materialising.materialise(sources, view, "a run").written == 1
        for check in checks_of(sources, view):
            found = check.ask(platform.connection)
            assert found.passed == (check.name != "online_is_fresh"), (check.name, found.said)
        with materialising.opened_store(sources) as store:
            [row] = FeastFeatures(store, declared_views()).read("customer", ["c1"])
    assert row == served(platform, "c1")


def test_every_rhythm_has_its_round_and_every_view_is_late_after_a_while(platform: Platform) -> None:
    views = {f"feature_views/{view.name}": view for view in declared_views()}
    for refresh, cron in (("hourly", "20 * * * *"), ("daily", "30 6 * * *")):
        schedule = platform.definitions.resolve_schedule_def(f"{refresh}_features_schedule")
        assert (schedule.cron_schedule, schedule.default_status) == (cron, dg.DefaultScheduleStatus.RUNNING)
        chosen = platform.definitions.resolve_job_def(f"{refresh}_features_job").asset_layer
        names = {key.to_user_string() for key in chosen.selected_asset_keys}
        assert names == {name for name, view in views.items() if view.refresh == refresh}
        assert chosen.asset_graph.asset_check_keys, "ages are asked by the clock"
    specs = {spec.key.to_user_string(): spec for spec in platform.definitions.resolve_all_asset_specs()}
    assert all(specs[name].freshness_policy is not None for name in views)


def test_a_verdict_on_features_is_a_finding_of_the_platform() -> None:
    found = as_finding(
        verdict.Verdict(False, "said", is_error=False, facts={"rows": 1}, sample=({"customer_id": "C1"},))
    )
    assert (found.passed, found.said, found.is_error) == (False, "said", False)
    assert (found.facts, found.sample) == ({"rows": 1}, ({"customer_id": "C1"},))
