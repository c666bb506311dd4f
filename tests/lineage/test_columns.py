"""What the columns of one statement are made of, through every construct that the models use and some more."""

from __future__ import annotations

import pytest

from echo_assets.lineage.edges import ROWS
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.select_edges import columns_of

TABLES = {"core/sales": ["day", "amount", "paid", "customer"], "core/people": ["customer", "name", "since"]}


def made_of(sql: str, column: str, how: str = "value") -> set[str]:
    """The origins of a column, short: `sales.amount`."""
    found = columns_of(sql, TABLES, "a test")[column]
    return {f"{origin.asset.removeprefix('core/')}.{origin.name}" for origin, by in found if by == how}


@pytest.mark.parametrize(
    ("sql", "origins"),
    [
        ("select amount as x from core.sales", {"sales.amount"}),
        ("select s.amount - s.paid as x from core.sales as s", {"sales.amount", "sales.paid"}),
        ("select 1 as x from core.sales", set()),
        ("select case when paid then amount else 0 end as x from core.sales", {"sales.paid", "sales.amount"}),
        ("with a as (select * from core.sales), b as (select a.* from a) select amount as x from b", {"sales.amount"}),
        ("with a (x) as (select amount from core.sales) select x from a", {"sales.amount"}),
        ("select x from (select amount as x from core.sales) as inner_query", {"sales.amount"}),
        ("select amount as x from core.sales union all select since from core.people",
         {"sales.amount", "people.since"}),
        ("select a.x from (select amount as x from core.sales union select 0) as a", {"sales.amount"}),
        ("select sum(amount) filter (where paid) as x from core.sales", {"sales.amount", "sales.paid"}),
        ("select lag(amount) over (partition by customer order by day) as x from core.sales",
         {"sales.amount", "sales.customer", "sales.day"}),
        ("select count(*) as x from core.sales", set()),
        ("select coalesce(people.name, '?') as x from core.sales left join core.people using (customer)",
         {"people.name"}),
        ("select (select max(since) from core.people where people.customer = sales.customer) as x from core.sales",
         {"people.since"}),
        ("select days.x from core.sales cross join lateral generate_series(day, day + 7, interval '1 day') as days (x)",
         {"sales.day"}),
        ("select x from generate_series(1, 3) as numbers (x)", set()),
        ("select distinct on (customer) amount as x from core.sales order by customer, day desc", {"sales.amount"}),
        ("select amount::numeric(18, 2) as x from core.sales order by day limit 1", {"sales.amount"}),
        ('select "amount" as x from "echo"."core"."sales"', {"sales.amount"}),
    ],
)  # fmt: skip
def test_a_value_is_followed_through(sql: str, origins: set[str]) -> None:
    assert made_of(sql, "x") == origins


def test_a_count_comes_from_the_rows_and_from_what_decides_them() -> None:
    sql = "select customer, count(*) as x from core.sales where paid group by customer"
    assert made_of(sql, "x", "rows") == {"sales.*", "sales.paid", "sales.customer"}


def test_what_is_looked_up_depends_on_the_condition_of_the_join() -> None:
    sql = """
        select p.name as x from core.sales as s
        left join core.people as p on s.customer = p.customer and s.day > p.since
    """
    assert made_of(sql, "x", "rows") == {"sales.customer", "sales.day"}
    assert made_of(sql, ROWS, "rows") == {"sales.*"}, "a left join decides no rows"


def test_an_inner_join_and_a_filter_decide_the_rows() -> None:
    sql = "select s.amount from core.sales as s inner join core.people as p on s.customer = p.customer where s.paid"
    assert made_of(sql, ROWS, "rows") == {"sales.*", "people.*", "sales.customer", "people.customer", "sales.paid"}


def test_what_is_distinct_decides_the_rows() -> None:
    sql = "select distinct on (customer) day from core.sales order by customer, day"
    assert made_of(sql, ROWS, "rows") == {"sales.*", "sales.customer"}


def test_a_recursive_statement_ends() -> None:
    sql = """
        with recursive steps as (
            select customer, 1 as n from core.people union all select customer, n + 1 from steps where n < 3
        ) select customer as x from steps
    """
    assert made_of(sql, "x") == {"people.customer"}


@pytest.mark.parametrize(
    "sql",
    [
        "select from where", "drop table core.sales", "select price from core.sales",
        "select s.price from core.sales as s", "select distinct on (price) amount from core.sales",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_by_name(sql: str) -> None:
    with pytest.raises(LineageError, match="the columns of finance/broken cannot be followed"):
        columns_of(sql, TABLES, "finance/broken")
