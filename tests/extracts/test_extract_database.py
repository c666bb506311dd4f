"""A source that is a table or a query of another database."""

from __future__ import annotations

import datetime
import sqlite3

import pytest

from echo_quality.extracts.errors import ExtractError, Unreachable
from echo_quality.extracts.windows import Range

SERVER = """
- server: shop
  type: postgresql
  schema: Sales
  customProperties:
    - {property: urlVariable, value: SHOP_URL}
    - {property: table, value: order}
    - {property: cursorColumn, value: changed_at}
    - {property: lag, value: 2d}
"""


@pytest.fixture
def shop(shop_of, shop_database, shop_orders):
    return shop_of(SERVER, SHOP_URL=shop_database)


def add(connection, number, moment, amount="10.50", **more):
    columns = {"id": number, "changed_at": moment, "amount": amount, **more}
    names, marks = ", ".join(columns), ", ".join(["%s"] * len(columns))
    connection.execute(f'insert into "Sales"."order" ({names}) values ({marks})', list(columns.values()))


def test_every_day_becomes_a_file_and_values_arrive_exactly(shop, shop_orders):
    add(
        shop_orders,
        1,
        "2024-03-01 23:30:00.123456-05",
        "12345678901234.5678",
        is_gift=True,
        details='{"b": 1.10, "a": []}',
    )
    add(shop_orders, 2, "2024-03-01 08:00Z", "0.1", note='say "hi",\nthen go; = 1')
    found = shop.extract()
    assert shop.files == ["shop/2024-03-01.csv", "shop/2024-03-02.csv"]
    assert (found.rows, len(found.changed)) == (2, 2)
    columns = "order_id, changed_at::text, amount::text, is_gift, details, note"
    shop.warehouse.connection.execute("set time zone 'UTC'")
    assert shop.staged(columns) == [
        ("1", "2024-03-02 04:30:00.123456+00", "12345678901234.5678", True, '{"a":[],"b":1.1}', None),
        ("2", "2024-03-01 08:00:00+00", "0.1000", None, None, 'say "hi",\nthen go; = 1'),
    ]


def test_the_same_rows_are_the_same_bytes_and_no_file_is_touched(shop, shop_orders):
    add(shop_orders, 1, "2024-03-08 08:00Z")
    shop.extract()
    before = (shop.folder / "shop/2024-03-08.csv").stat().st_mtime_ns
    again = shop.extract()
    assert (again.rows, again.changed) == (1, ())
    assert (shop.folder / "shop/2024-03-08.csv").stat().st_mtime_ns == before


def test_only_what_is_new_is_read_and_rows_that_were_committed_late_are_seen_within_the_lag(shop, shop_orders):
    for day in (1, 5, 8):
        add(shop_orders, day, f"2024-03-0{day} 08:00Z")
    assert shop.extract().since is None
    add(shop_orders, 10, "2024-03-02 08:00Z")
    add(shop_orders, 11, "2024-03-07 08:00Z")
    later = shop.extract()
    assert later.since == datetime.date(2024, 3, 6)
    assert [file.name for file in later.changed] == ["shop/2024-03-07.csv"]
    assert [key for key, _ in shop.staged()] == ["1", "11", "5", "8"], "what is later than the lag allows needs --from"
    shop.extract(Range(datetime.date(2024, 3, 2), datetime.date(2024, 3, 3)))
    assert [key for key, _ in shop.staged()] == ["1", "10", "11", "5", "8"]


def test_a_row_that_moves_to_another_day_is_there_once(shop, shop_orders):
    add(shop_orders, 1, "2024-03-07 08:00Z", "1")
    add(shop_orders, 2, "2024-03-08 08:00Z", "2")
    shop.extract()
    assert len(shop.staged()) == 2
    shop_orders.execute("""update "Sales"."order" set changed_at = '2024-03-09 08:00Z', amount = 5 where id = 1""")
    shop.extract()
    assert shop.rows_of("shop/2024-03-07.csv") == []
    assert shop.staged() == [("1", "5.0000"), ("2", "2.0000")]


def test_rows_without_a_cursor_are_read_every_time_and_leave_when_they_get_one(shop, shop_orders):
    add(shop_orders, 1, "2024-03-08 08:00Z")
    add(shop_orders, 2, None)
    shop.extract()
    assert shop.files == ["shop/2024-03-08.csv", "shop/undated.csv"]
    shop_orders.execute("""update "Sales"."order" set changed_at = '2024-03-09' where id = 2""")
    shop.extract()
    assert shop.rows_of("shop/undated.csv") == []
    assert len(shop.staged()) == 2


def test_a_date_in_the_far_future_hides_nothing_that_comes_before_it(shop, shop_orders):
    add(shop_orders, 1, "9999-12-31 08:00Z")
    shop.extract()
    add(shop_orders, 2, "2024-03-09 08:00Z")
    shop.extract()
    assert shop.files == ["shop/2024-03-09.csv", "shop/9999-12-31.csv"]


def test_a_range_that_was_asked_for_by_hand_never_makes_the_cursor_skip_what_was_not_read(shop, shop_orders):
    for day in (1, 5, 8):
        add(shop_orders, day, f"2024-03-0{day} 08:00Z")
    shop.extract(Range(datetime.date(2024, 3, 8)))
    assert shop.files == ["shop/2024-03-08.csv"]
    shop.extract()
    assert len(shop.files) == 3


def test_a_server_that_has_no_rows_any_more_is_an_error_until_a_person_accepts_it(shop, shop_orders):
    add(shop_orders, 1, "2024-03-08 08:00Z")
    shop.extract()
    shop.take_in()
    shop_orders.execute('truncate "Sales"."order"')
    with pytest.raises(ExtractError, match=r"no rows any more.*--accept-empty"):
        shop.extract()
    assert len(shop.rows_of("shop/2024-03-08.csv")) == 1
    shop.extract(may_be_empty=True)
    assert shop.staged() == []


def test_windows_of_numbers_and_no_cursor_at_all(shop_of, shop_database, shop_orders):
    by_number = SERVER.replace("value: changed_at", "value: id").replace(
        "{property: lag, value: 2d}", "{property: windowSize, value: 100}"
    )
    shop = shop_of(by_number, SHOP_URL=shop_database)
    for number in (1, 99, 100, 350):
        add(shop_orders, number, "2024-03-01 08:00Z")
    shop.extract()
    assert [file.split("/")[1] for file in shop.files] == [
        "000000000000000.csv",
        "000000000000100.csv",
        "000000000000300.csv",
    ]
    add(shop_orders, 250, "2024-03-01 08:00Z")
    assert shop.extract().since == 200
    assert len(shop.staged()) == 5


def test_another_kind_of_windows_than_before_is_told(shop_of, shop, shop_database, shop_orders):
    add(shop_orders, 1, "2024-03-01 08:00Z")
    shop.extract()
    by_number = SERVER.replace("value: changed_at", "value: id").replace("lag, value: 2d", "windowSize, value: 100")
    with pytest.raises(ExtractError, match="windows of another kind before"):
        shop_of(by_number, SHOP_URL=shop_database).extract()


def test_a_query_cannot_change_the_database(shop_of, shop_database, shop_orders):
    shop_orders.execute(
        """create or replace function public.meddle() returns bigint language sql as
           'delete from "Sales"."order" returning id'"""
    )
    server = SERVER.replace("  schema: Sales\n", "").replace(
        "table, value: order", "query, value: select meddle() as id"
    )
    add(shop_orders, 1, "2024-03-01 08:00Z")
    with pytest.raises(ExtractError, match="read-only transaction"):
        shop_of(
            server.replace("changed_at", "id").replace("lag, value: 2d", "windowSize, value: 9"), SHOP_URL=shop_database
        ).extract()


def test_a_query_without_a_cursor_is_one_file_that_is_replaced(shop_of, shop_database, shop_orders):
    server = """
- server: shop
  type: postgresql
  customProperties:
    - {property: urlVariable, value: SHOP_URL}
    - property: query
      value: select id, changed_at at time zone 'UTC' as changed_at, amount from "Sales"."order" where amount > 1;
"""
    shop = shop_of(server, SHOP_URL=shop_database)
    add(shop_orders, 1, "2024-03-01 08:00Z")
    add(shop_orders, 2, "2024-03-01 08:00Z", "0.5")
    shop.extract()
    assert (shop.files, [key for key, _ in shop.staged()]) == (["shop/all.csv"], ["1"])
    shop_orders.execute('delete from "Sales"."order" where id = 1')
    with pytest.raises(ExtractError, match="no rows any more"):
        shop.extract()
    add(shop_orders, 3, "2024-03-02 08:00Z")
    shop.extract()
    assert [key for key, _ in shop.staged()] == ["3"], "a row that is gone from the server is gone"


def test_another_kind_of_database_with_dates_as_texts(shop_of, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as other:
        other.execute('create table "order" (id integer, changed_at text, amount real)')
        other.executemany(
            'insert into "order" values (?, ?, ?)', [(1, "2024-03-01 08:00:00", 0.1), (2, "2024-03-09", 1e-4)]
        )
    server = SERVER.replace("  schema: Sales\n", "").replace("postgresql", "sqlite")
    shop = shop_of(server, SHOP_URL=f"sqlite:///{tmp_path}/shop.db")
    shop.extract()
    with sqlite3.connect(tmp_path / "shop.db") as other:
        other.execute("""insert into "order" values (3, '2024-03-08', 1e13)""")
    assert [file.name for file in shop.extract().files] == ["shop/2024-03-08.csv", "shop/2024-03-09.csv"]
    assert shop.staged() == [("1", "0.1000"), ("2", "0.0001"), ("3", "10000000000000.0000")]


def test_what_has_no_text_is_refused_by_name(shop_of, shop_database, shop_orders):
    query = "select 1 as id, now() as changed_at, 'x'::bytea as note"
    server = f"""
- server: shop
  type: postgresql
  customProperties: [{{property: urlVariable, value: SHOP_URL}}, {{property: query, value: "{query}"}}]
"""
    with pytest.raises(ExtractError, match=r"column 'note' holds memoryview.*cast"):
        shop_of(server, SHOP_URL=shop_database).extract()


@pytest.mark.parametrize(
    ("change", "url", "error", "says"),
    [
        (("value: order", "value: nothing"), None, ExtractError, 'relation "Sales.nothing" does not exist'),
        (("value: changed_at", "value: nothing"), None, ExtractError, "no cursorColumn 'nothing'; there are id"),
        (("value: changed_at", "value: note"), None, ExtractError, "'words' is no date of ISO 8601"),
        (None, "postgresql://u:s3cret@127.0.0.1:1/nowhere", Unreachable, "refused"),
        (None, "no url of s3cret", ExtractError, "SHOP_URL holds no URL"),
        (None, "oracle+nothing://u:s3cret@h/d", ExtractError, "no driver for oracle"),
    ],
)
def test_mistakes_name_the_offender_and_no_password(shop_of, shop_database, shop_orders, change, url, error, says):
    add(shop_orders, 1, "2024-03-01 08:00Z", note="words")
    shop = shop_of(SERVER.replace(*change) if change else SERVER, SHOP_URL=url or shop_database)
    with pytest.raises(error, match=says) as raised:
        shop.extract()
    assert "s3cret" not in str(raised.value)
    assert shop.files == []
