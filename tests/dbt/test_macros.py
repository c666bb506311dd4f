"""The macros by themselves, on literal values."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from dbt_command import Dbt
from dbt_warehouse import Warehouse

pytestmark = pytest.mark.database


def _values(dbt: Dbt, prepared: Warehouse, *expressions: str) -> list[Any]:
    columns = ", ".join(f"{{{{ {expression} }}}}" for expression in expressions)
    [row] = prepared.rows(dbt.sql(f"select {columns}"))
    return list(row)


@pytest.mark.law(8)
def test_a_rate_is_a_numeric_fraction_and_null_over_zero(dbt: Dbt, prepared: Warehouse) -> None:
    assert _values(
        dbt, prepared,
        "calculate_conversion_rate('1', '4')", "calculate_conversion_rate('0', '4')",
        "calculate_conversion_rate('4', '0')", "calculate_conversion_rate('0', '0')",
        "calculate_conversion_rate('1 + 1', 'null')",
    ) == [Decimal("0.25"), Decimal(0), None, None, None]  # fmt: skip


def test_growth_is_relative_to_the_size_of_what_was_before(dbt: Dbt, prepared: Warehouse) -> None:
    assert _values(
        dbt, prepared,
        "calculate_growth_rate('150', '100')", "calculate_growth_rate('50', '100')",
        "calculate_growth_rate('50', '-100')", "calculate_growth_rate('50', '0')",
        "calculate_growth_rate('50', 'null')",
    ) == [Decimal("0.5"), Decimal("-0.5"), Decimal("1.5"), None, None]  # fmt: skip


def test_a_spine_is_half_open_and_counts_in_any_unit(dbt: Dbt, prepared: Warehouse) -> None:
    days = dbt.sql("""{{ date_spine('day', "'2024-02-28'", "'2024-03-02'") }}""")
    assert [str(day) for (day,) in prepared.rows(days)] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    months = dbt.sql("""{{ date_spine('month', "'2024-01-01'", "'2024-03-01'") }}""")
    assert [str(day) for (day,) in prepared.rows(months)] == ["2024-01-01", "2024-02-01"]
    assert prepared.rows(dbt.sql("""{{ date_spine('day', "'2024-01-01'", "'2024-01-01'") }}""")) == []


def test_the_first_of_a_month_is_a_date_whatever_the_time_zone(dbt: Dbt, prepared: Warehouse) -> None:
    [month, kind] = _values(
        dbt, prepared, "month_start(\"'2024-03-31'::date\")", "'pg_typeof(' ~ month_start('now()') ~ ')'"
    )
    assert (str(month), kind) == ("2024-03-01", "date")


def test_an_instant_belongs_to_the_business_day_of_the_configured_time_zone(dbt: Dbt, prepared: Warehouse) -> None:
    query = "select ({{ business_day(\"'2024-01-31T23:30Z'::timestamptz\") }})::text"
    assert prepared.rows(dbt.sql(query)) == [("2024-01-31",)]
    assert prepared.rows(dbt.sql(query, "{timezone: Asia/Tokyo}")) == [("2024-02-01",)]


def test_keys_of_different_values_differ_and_are_never_the_unknown_member(dbt: Dbt, prepared: Warehouse) -> None:
    pairs = [("'a'", "'bc'"), ("'ab'", "'c'"), ("'a'", "null"), ("null", "'a'"), ("''", "null"), ("null", "null"),
             ("'null'", "null"), ("'a|1:b'", "''"), ("'a'", "'1:b'")]  # fmt: skip
    keys = _values(dbt, prepared, *[f'surrogate_key(["{one}", "{other}"])' for one, other in pairs])
    assert len(set(keys)) == len(pairs)
    assert all(isinstance(key, int) and key >= 0 for key in keys)


def test_a_key_never_changes_from_build_to_build(dbt: Dbt, prepared: Warehouse) -> None:
    assert _values(dbt, prepared, "surrogate_key([\"'c1'\", \"extract(epoch from '-infinity'::timestamptz)\"])") == [
        2563055747855959630
    ]


def test_schemas_are_the_layers_and_have_no_prefix(dbt: Dbt) -> None:
    schemas = {node.schema for node in dbt.manifest.nodes.values() if node.resource_type in ("model", "seed")}
    layers = {"stg", "intermediate", "core", "finance", "marketing", "experiments", "customers", "features", "seeds"}
    assert schemas <= layers


@pytest.mark.parametrize(
    ("first", "before", "reason"),
    [
        ("2024-02-03", "2024-02-03", "holds no day: max_date is exclusive"),
        ("2024-02-04", "2024-02-03", "holds no day: max_date is exclusive"),
        ("infinity", "-infinity", "holds no day: max_date is exclusive"),
        ("now", "infinity", "var min_date is 'now': give an ISO date"),
        ("2024-02-01", "2024-02", "var max_date is '2024-02': give an ISO date"),
    ],
)
def test_a_window_that_holds_no_day_or_cannot_be_read_stops_the_build(
    dbt: Dbt, prepared: Warehouse, first: str, before: str, reason: str
) -> None:
    window = f"{{min_date: {first}, max_date: {before}}}"
    outcome = dbt("compile", "--inline", "{{ in_window('day') }}", variables=window, fails=True)
    assert reason in " ".join([str(outcome.exception), *outcome.messages])


@pytest.mark.parametrize(
    ("first", "before", "days"),
    [
        ("-infinity", "infinity", ["2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01"]),
        ("2024-02-01", "2024-03-01", ["2024-02-01", "2024-02-29"]),
        ("-infinity", "2024-02-01", ["2024-01-31"]),
        ("2024-03-01", "infinity", ["2024-03-01"]),
    ],
)
def test_a_window_is_half_open(dbt: Dbt, prepared: Warehouse, first: str, before: str, days: list[str]) -> None:
    query = "select day::date::text from unnest('{2024-01-31,2024-02-01,2024-02-29,2024-03-01}'::date[]) as day where "
    found = prepared.rows(dbt.sql(query + "{{ in_window('day') }}", f"{{min_date: {first}, max_date: {before}}}"))
    assert [day for (day,) in found] == days
