"""The rows behind a figure, on small tables in a real database: these and no others, and the figure comes out again."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
import pytest

from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.provenance import provenance
from echo_assets.lineage.select_edges import columns_of

TABLES = {
    "staging/sales": {"customer": "text", "amount": "int", "paid": "boolean", "_row_id": "bigint"},
    "staging/people": {"customer": "text", "name": "text", "_row_id": "bigint"},
}
INTEGERS = {"x", "total", "amount", "_row_id"}
ROWS = """
    drop table if exists pg_temp.sales, pg_temp.people;
    create temp table sales (customer text, amount int, paid boolean, _row_id bigint);
    insert into sales values
        ('a', 10, true, 1), ('a', 20, true, 2), ('a', 5, false, 3), ('b', 7, true, 4), ('b', null, true, 5);
    create temp table people (customer text, name text, _row_id bigint);
    insert into people values ('a', 'Ann', 11), ('c', 'Cyd', 12);
"""


def rows_of(
    connection: psycopg.Connection, models: Mapping[str, str], column: str, source: str = "sales", where: str = "true"
) -> tuple[list[object], set[int]]:
    """The figures as they come out, and the numbers of the rows that they come from."""
    connection.execute(ROWS)
    columns: dict[str, dict[str, str]] = dict(TABLES)
    for asset, text in models.items():
        names = [name for name in columns_of(text, columns, asset) if name != "*"]
        columns[asset] = {name: "bigint" if name in INTEGERS else "text" for name in names}
    found = provenance(list(models)[-1], column, f"staging/{source}", models, columns)
    assert found
    ctes = found.ctes.replace('"staging".', "").replace("staging.", "")
    query = f'{ctes} select {column}, "{found.rows}" from {found.figures} where {where} order by 1'
    answer = connection.execute(query.encode()).fetchall()
    return [value for value, _ in answer], {
        number for _, ranges in answer for part in ranges or () for number in range(part.lower, part.upper)
    }


def one(sql: str) -> dict[str, str]:
    return {"finance/figure": sql}


@pytest.mark.database
@pytest.mark.parametrize(
    ("sql", "figures", "rows"),
    [
        ("select sum(amount) as x from staging.sales", [42], {1, 2, 3, 4, 5}),
        ("select sum(amount) as x from staging.sales where paid", [37], {1, 2, 4, 5}),
        ("select coalesce(sum(amount) filter (where paid and amount > 7), 0) as x from staging.sales", [30], {1, 2}),
        ("select sum(case when paid then amount end) as x from staging.sales", [37], {1, 2, 4, 5}),
        ("select count(*) as x from staging.sales where amount > 7", [2], {1, 2}),
        ("with s as (select * from staging.sales) select max(t) as x from"
         " (select customer, sum(amount) as t from s where paid group by customer) as totals", [30], {1, 2, 4, 5}),
        ("select count(*) as x from (select distinct customer from staging.sales where paid) as buyers",
         [2], {1, 2, 4, 5}),
        ("select sum(amount) as x from (select amount from staging.sales where paid union"
         " select amount from staging.sales where not paid) as both_kinds", [42], {1, 2, 3, 4, 5}),
        ("select sum(x) as x from (select amount as x from staging.sales where paid union all select 100) as more",
         [137], {1, 2, 4, 5}),
        ("select x from (select amount as x, row_number() over (order by amount desc nulls last) as place"
         " from staging.sales) as ranked where place = 1", [20], {2}),
        ("select sum(x) as x from (select lag(amount) over (order by _row_id) as x, _row_id from staging.sales) as l"
         " where _row_id = 2", [10], {1}),
        ("select sum(amount) over (partition by customer) as x from staging.sales where _row_id = 4", [7], {4}),
        ("select sum(s.amount) as x from staging.people as p inner join staging.sales as s"
         " on p.customer = s.customer", [35], {1, 2, 3}),
        ("select count(s.customer) as x from staging.people as p left join staging.sales as s"
         " on p.customer = s.customer and s.paid", [2], {1, 2}),
        ("select distinct on (customer) amount as x from staging.sales where customer = 'a'"
         " order by customer, amount desc", [20], {2}),
        ("select customer, sum(amount) as x from staging.sales group by customer having sum(amount) > 10", [35],
         {1, 2, 3}),
    ],
)  # fmt: skip
def test_a_figure_comes_from_exactly_these_rows(
    connection: psycopg.Connection, sql: str, figures: list[int], rows: set[int]
) -> None:
    assert rows_of(connection, one(sql), "x") == (figures, rows)


@pytest.mark.database
def test_rows_are_followed_through_several_models_and_only_where_they_flow(connection: psycopg.Connection) -> None:
    models = {
        "stg/stg_sales": "select *, amount > 5 as is_big from staging.sales",
        "core/totals": """
            select customer, sum(amount) filter (where is_big::boolean) as total
            from stg.stg_sales group by customer""",
        "finance/named": "select p.name, t.total from core.totals as t left join staging.people as p using (customer)",
    }
    assert rows_of(connection, models, "total", where="name = 'Ann'") == ([30], {1, 2})


@pytest.mark.database
def test_a_model_is_asked_for_more_after_others_have_read_it(connection: psycopg.Connection) -> None:
    models = {
        "core/a": "select customer, amount from staging.sales",
        "core/b": "select customer, sum(amount) as total from core.a group by customer",
        "core/c": "select customer, count(*) as amount from core.a group by customer",
        "finance/both": "select b.total + c.amount as x from core.b as b inner join core.c as c using (customer)",
    }
    assert rows_of(connection, models, "x", where="x > 10") == ([38], {1, 2, 3})


@pytest.mark.database
def test_a_join_that_finds_nothing_adds_no_rows(connection: psycopg.Connection) -> None:
    sql = "select p.name from staging.sales as s left join staging.people as p on s.customer = p.customer"
    assert rows_of(connection, one(sql), "name", source="people") == (["Ann"] * 3 + [None] * 2, {11})


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("with recursive r as (select amount as x from staging.sales union all select x from r) select x from r",
         "it is recursive"),
        ("select amount as x from staging.sales except select 1", "its except"),
        ("select 1 + (select sum(amount) from staging.sales) as x", "a subquery"),
    ],
)  # fmt: skip
def test_where_following_ends_it_says_so(sql: str, why: str) -> None:
    with pytest.raises(LineageError, match=f"the rows behind finance/figure cannot be followed.*{why}"):
        provenance("finance/figure", "x", "staging/sales", one(sql), TABLES)


def test_a_constant_comes_from_no_row() -> None:
    assert provenance("finance/figure", "x", "staging/sales", one("select 1 as x from staging.sales"), TABLES) is None
