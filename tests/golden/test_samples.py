"""What must come out of real files, to the last digit, as far as loading goes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from echo_quality.odcs import read_contract, read_contracts

pytestmark = pytest.mark.golden
CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"
RETAIL = Path(__file__).with_name("uci_online_retail.yaml")
PAID = "where status in ('paid', 'completed')"


@pytest.fixture
def shop(warehouse_of, sample):
    """The revenue and marketing samples, loaded."""
    warehouse = warehouse_of(read_contracts(CONTRACTS))
    for source in ("revenue", "marketing"):
        load = warehouse.load(source, f"{source}_sample.csv", sample(f"echo_samples/{source}_sample.csv"))
        assert (load.status, load.quarantined, load.duplicates) == ("loaded", 0, 0), load.reason
    return warehouse


def figures(warehouse, query):
    return [tuple(str(value) for value in row) for row in warehouse.rows(query)]


def test_revenue_counts_what_is_paid(shop):
    assert shop.value("select count(*) from staging.revenue") == 101
    assert figures(
        shop, f"select sum(amount), round(sum(amount) / count(*), 2), count(*) from staging.revenue {PAID}"
    ) == [("190100.50", "2066.31", "92")]
    assert figures(
        shop, "select status, count(*), sum(amount) from staging.revenue where status <> 'paid' group by 1 order by 1"
    ) == [("failed", "4", "1960.00"), ("refunded", "5", "3750.00")]


def test_revenue_by_month(shop):
    month = "extract(month from transaction_date)::int"
    months = figures(shop, f"select {month}, sum(amount) from staging.revenue {PAID} group by 1 order by 1")
    assert months == [("1", "51930.50"), ("2", "54900.00"), ("3", "61190.00"), ("4", "22080.00")]
    assert str(shop.value("select max(transaction_date) from staging.revenue")) == "2024-04-10"


def test_conversion_is_a_ratio_of_sums(shop):
    ratio = "sum(conversions), sum(leads), round(sum(conversions) / sum(leads), 4)"
    assert figures(shop, f"select {ratio} from staging.marketing") == [("1762", "17254", "0.1021")]
    best = f"select channel, {ratio} from staging.marketing group by 1 order by 4 desc limit 1"
    assert figures(shop, best) == [("LinkedIn", "148", "848", "0.1745")]
    assert figures(
        shop, "select channel, sum(conversions) from staging.marketing group by 1 order by 2 desc limit 1"
    ) == [("Facebook", "649")]


def test_bad_rows_are_refused_by_default_and_staged_where_that_is_meant(shop, sample):
    bad = sample("echo_samples/bad_data_sample.csv")
    refused = shop.load("revenue", "bad_data_sample.csv", bad)
    assert (refused.status, refused.staged, refused.withheld, refused.quarantined) == ("refused", 0, 1, 9)
    assert "9 of 10 rows are rejected" in refused.reason
    assert shop.revenue() == "190100.50"
    assert len(shop.reasons("revenue")) == 9
    assert shop.broken_invariants("revenue") == ["no_refused_load_open"]

    staged = shop.load("revenue", "bad_data_sample.csv", bad, share=1.0)
    assert (staged.status, staged.staged, staged.withheld, staged.quarantined) == ("loaded", 1, 0, 9)
    assert shop.revenue() == "190275.50"
    assert shop.broken_invariants("revenue") == []


def test_the_samples_again_change_nothing(shop, sample):
    before = shop.content("revenue")
    again = shop.load("revenue", "revenue_sample.csv", sample("echo_samples/revenue_sample.csv"))
    assert (shop.value("select count(*) from ops.loads where source = 'revenue'"), again.status) == (1, "loaded")
    copy = shop.load("revenue", "copy.csv", sample("echo_samples/revenue_sample.csv"))
    assert (copy.staged, copy.duplicates) == (0, 101)
    assert shop.content("revenue") == before


def test_online_retail_keeps_every_line(warehouse_of, sample):
    name = "uci_online_retail_full_latin1.csv.gz"
    warehouse = warehouse_of({"uci_online_retail": read_contract(RETAIL)})
    load = warehouse.load("uci_online_retail", name, sample(name))
    assert (load.status, load.rows_in_file, load.staged, load.quarantined, load.duplicates) == (
        "loaded", 541_909, 541_909, 0, 0,
    ), load.reason  # fmt: skip
    assert warehouse.broken_invariants("uci_online_retail") == []
    is_sale = "quantity > 0 and unit_price > 0 and invoice not like 'C%'"
    found = warehouse.rows(
        f"""select sum(amount), sum(amount) filter (where {is_sale}),
                count(*) filter (where invoice like 'C%'), sum(amount) filter (where invoice like 'C%'),
                count(*) filter (where customer_id is null), count(*) filter (where unit_price < 0)
            from staging.uci_online_retail"""
    )
    assert found == [
        (Decimal("9747747.934"), Decimal("10666684.544"), 9_288, Decimal("-896812.490"), 135_080, 2)
    ]  # fmt: skip
    line = "invoice, stock_code, description, quantity, invoiced_at, unit_price, customer_id, country"
    assert warehouse.value(f"select count(*) - count(distinct ({line})) from staging.uci_online_retail") == 5_268
