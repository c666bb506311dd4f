"""Every check of features is green on features that are as they must be, and red on ones that are broken on purpose."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from feature_tables import CUSTOMERS, DAYS, FIRST, FeatureTables, end_of, make_tables, restate

from echo_ml.features.checks import drift, history, online
from echo_ml.features.checks.verdict import Verdict
from echo_ml.features.materialising import materialise
from echo_ml.features.online_tables import have_tables, online_table

LAST = FIRST + timedelta(days=DAYS - 1)
LATER = end_of(LAST) + timedelta(days=1)
Check = Callable[[FeatureTables, str], Verdict]


def unique(tables: FeatureTables, view: str = "customer_daily") -> Verdict:
    return history.is_unique(tables.connection, tables.view(view))


def told_apart(tables: FeatureTables, view: str = "customer_daily") -> Verdict:
    return history.restatements_are_told_apart(tables.connection, tables.view(view))


def skew(tables: FeatureTables, view: str = "customer_daily") -> Verdict:
    return online.matches_offline(tables.connection, tables.view(view))


def kept(tables: FeatureTables, view: str = "customer_daily") -> Verdict:
    return online.newer_is_kept(tables.connection, tables.view(view))


@pytest.fixture
def served(tables: FeatureTables) -> FeatureTables:
    for view in tables.views:
        materialise(tables.connection, view)
    return tables


@pytest.mark.parametrize("check", [unique, told_apart, skew, kept])
@pytest.mark.parametrize("view", ["customer_daily", "channel_daily", "customer_exposures", "customer_churn"])
def test_what_is_as_it_must_be_is_green(served: FeatureTables, check: Check, view: str) -> None:
    found = check(served, view)
    assert found.passed, found.said
    assert found.sample == ()


def test_a_moment_that_is_there_twice_is_found(tables: FeatureTables) -> None:
    tables.execute(
        "insert into features.customer_daily select * from features.customer_daily"
        f" where snapshot_date = '{LAST}' and customer_id = 'C7'"
    )
    found = unique(tables)
    assert (found.passed, found.is_error, found.said) == (False, True, "1 rows are there more than once.")
    assert found.sample[0]["customer_id"] == "C7"
    tables.execute(f"delete from features.customer_daily where snapshot_date = '{LAST}'")
    tables.execute(f"update features.customer_daily set event_timestamp = '{end_of(FIRST)}' where customer_id = 'C7'")
    assert unique(tables).said == "1 moments are the end of several snapshots."
    tables.execute("insert into models.churn_scores select * from models.churn_scores")
    assert unique(tables, "customer_churn").said == "5 rows are there more than once."
    tables.execute(
        "update models.churn_scores set scored_at = scored_at + interval '1 hour'"
        " where ctid in (select max(ctid) from models.churn_scores group by customer_id)"
    )
    assert unique(tables, "customer_churn").passed, "scored again later: another version, not a tie"


def test_a_restatement_with_its_times_in_order_is_two_versions_and_one_without_is_found(tables: FeatureTables) -> None:
    for hours, orders in ((1, 5), (2, 6)):
        restate(tables.connection, "C1", LAST, LATER + timedelta(hours=hours), total_orders=orders)
    assert (told_apart(tables).passed, told_apart(tables).facts) == (True, {"superseded": 2})
    assert unique(tables).passed
    tables.execute(
        "update ops.superseded_features set known_at = known_at + interval '1 minute'"
        " where superseded_at = (select max(superseded_at) from ops.superseded_features)"
    )
    found = told_apart(tables)
    assert (found.passed, found.said) == (False, "1 superseded rows do not end where the next version begins.")
    assert found.sample[0]["customer_id"] == "C1"


def test_a_member_that_is_gone_for_now_is_a_version_without_an_end(tables: FeatureTables) -> None:
    restate(tables.connection, "C1", LAST, LATER, total_orders=5)
    tables.execute(
        "insert into ops.superseded_features select asset, entity_id, snapshot_date, superseded_at, 'infinity',"
        " features - 'total_orders' from ops.superseded_features"
    )
    tables.execute(f"delete from features.customer_daily where customer_id = 'C1' and snapshot_date = '{LAST}'")
    assert told_apart(tables).passed
    tables.execute("update ops.superseded_features set superseded_at = 'infinity'")
    assert told_apart(tables).sample[0]["superseded_at"] == "infinity"


def test_a_row_that_was_known_before_its_moment_is_found(tables: FeatureTables) -> None:
    restate(tables.connection, "C1", LAST, LATER, total_orders=5)
    tables.execute("update ops.superseded_features set known_at = known_at - interval '1 day'")
    assert told_apart(tables).said == "1 rows are stamped as known before the moment that they speak of."
    tables.execute(
        "update models.churn_scores set scored_at = event_timestamp - interval '1 second' where customer_id = 'C2'"
    )
    assert [row["customer_id"] for row in told_apart(tables, "customer_churn").sample] == ["C2"]


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ("delete from kept where customer_id = 'C1'", "1 missing"),
        ("insert into kept select 'X', event_timestamp, created_timestamp from kept limit 1", "1 unsupported"),
        ("update kept set total_orders = 1 where customer_id = 'C9'", "1 differing"),
        ("update kept set segment = null where customer_id = 'C9'", "1 differing"),
        ("update kept set event_timestamp = event_timestamp + interval '1 day' where customer_id = 'C9'", "1 ahead"),
        (f"delete from features.customer_daily where snapshot_date = '{LAST}'", f"{CUSTOMERS} ahead"),
    ],
)
def test_what_is_served_otherwise_than_the_history_has_it_is_found(
    served: FeatureTables, broken: str, said: str
) -> None:
    served.execute(broken.replace("kept", "feature_online.customer_daily"))
    found = skew(served)
    assert (found.passed, found.said) == (False, f"Of {found.facts['compared']} rows {said}.")
    assert found.sample[0]["customer_id"].startswith(("C", "X"))


def test_a_new_day_that_was_not_materialised_is_found_and_a_pushed_row_may_be_ahead(served: FeatureTables) -> None:
    served.execute(
        "insert into features.customer_daily (customer_id, snapshot_date, event_timestamp)"
        f" values ('C1', '{LAST}'::date + 1, '{LATER}')"
    )
    assert "1 behind" in skew(served).said
    served.execute(
        "update feature_online.customer_exposures set event_timestamp = now(), experiment_exposure_count = 99"
    )
    assert skew(served, "customer_exposures").passed
    served.execute("insert into core.fact_experiments values (1, 'C1', now() + interval '1 day')")
    assert "1 behind" in skew(served, "customer_exposures").said


def test_a_table_that_lets_an_older_row_in_is_found(served: FeatureTables) -> None:
    served.execute("drop trigger newer_stays on feature_online.customer_daily")
    found = kept(served)
    assert (found.passed, found.facts) == (False, {"through": ["an update"]})
    assert served.value("select count(*) from feature_online.customer_daily where customer_id = 'echo.probe'") == 0
    materialise(served.connection, served.view("customer_daily"))
    assert not kept(served).passed, "what was taken away does not come back unnoticed"
    have_tables(served.connection, [online_table(served.view("customer_daily"))], guard_again=True)
    assert kept(served).passed


def test_the_newest_row_may_be_so_old_and_no_older(served: FeatureTables) -> None:
    view, end = served.view("customer_daily"), end_of(LAST)
    young = online.is_fresh(served.connection, view, end + timedelta(hours=48))
    assert (young.passed, young.facts["older"]) == (True, 0)
    old = online.is_fresh(served.connection, view, end + timedelta(hours=48, seconds=1))
    assert (old.passed, old.is_error, old.facts["older"]) == (False, False, CUSTOMERS)
    assert old.said == "The newest row is of 2024-06-11 00:00; rows may be 48 hours old."
    forever = online.is_fresh(served.connection, served.view("customer_exposures"), end + timedelta(days=9999))
    assert forever.passed
    served.execute("truncate feature_online.customer_daily")
    assert online.is_fresh(served.connection, view, end).said == "Nothing is served yet, so nothing is old."


@pytest.fixture
def long(tables: FeatureTables) -> FeatureTables:
    """More customers and five weeks of days."""
    make_tables(tables.connection, customers=drift.MINIMUM_ROWS, days=35)
    # The first snapshot has no orders at all, which is another population by itself.
    tables.execute("update features.customer_daily set total_orders = right(customer_id, 1)::int")
    return tables


def test_a_population_that_stays_is_stable(long: FeatureTables) -> None:
    view = long.view("customer_daily")
    assert drift.null_rates_are_stable(long.connection, view).facts == {"features": 5, "moved": 0}
    found = drift.population_is_stable(long.connection, view)
    assert (found.passed, found.facts["moved"], found.facts["features"]) == (True, 0, 4)
    assert found.facts["largest"] < 0.01


@pytest.mark.parametrize(
    ("change", "null_moves", "population_moves"),
    [
        ("segment = null where right(customer_id, 1) in ('1', '2')", "segment", "segment"),
        ("segment = null", "segment", "segment"),
        ("total_orders = total_orders + 3", "", "total_orders"),
        ("revenue_last_90d = revenue_last_90d * 10", "", "revenue_last_90d"),
        ("has_active_subscription = true", "has_active_subscription", "has_active_subscription"),
        ("segment = 'all the same'", "", "segment"),
    ],
)
def test_what_has_moved_is_named(long: FeatureTables, change: str, null_moves: str, population_moves: str) -> None:
    newest = f"snapshot_date = '{FIRST + timedelta(days=34)}'"
    long.execute(f"update features.customer_daily set {change} {'and' if 'where' in change else 'where'} {newest}")
    view = long.view("customer_daily")
    nulls, population = (
        check(long.connection, view) for check in (drift.null_rates_are_stable, drift.population_is_stable)
    )
    assert [row["feature"] for row in nulls.sample] == ([null_moves] if null_moves else [])
    assert [row["feature"] for row in population.sample] == ([population_moves] if population_moves else [])
    assert (nulls.passed, population.passed) == (not null_moves, not population_moves)
    assert not nulls.is_error and not population.is_error


def test_without_an_earlier_snapshot_or_with_few_rows_nothing_is_judged(tables: FeatureTables) -> None:
    assert (
        "no snapshot of 28 days before"
        in drift.population_is_stable(tables.connection, tables.view("customer_daily")).said
    )
    make_tables(tables.connection, customers=5, days=35)
    found = drift.null_rates_are_stable(tables.connection, tables.view("customer_daily"))
    assert (found.passed, found.said) == (True, "Fewer than 100 rows a snapshot: nothing is judged.")


def test_the_index_is_that_of_the_literature() -> None:
    assert drift.stability_index([(500, 500), (500, 500)]) == 0
    # ln(0.6/0.5) * 0.1 + ln(0.4/0.5) * -0.1, with half a row more in each bin of a million
    assert drift.stability_index([(500_000, 600_000), (500_000, 400_000)]) == pytest.approx(0.040547, abs=1e-5)
    assert drift.stability_index([(1000, 0), (0, 1000)]) > 5


def test_moments_of_a_verdict_are_told_in_utc(served: FeatureTables) -> None:
    served.execute("set local timezone = 'America/New_York'")
    found = online.is_fresh(served.connection, served.view("customer_daily"), datetime(2030, 1, 1, tzinfo=UTC))
    assert found.facts["newest"] == "2024-06-11T00:00:00+00:00"
