"""Revenue, cohorts and churn of truth.json against pandas over the files."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Stage = Callable[[Path, str], tuple[pd.DataFrame, dict[str, dict[str, Any]]]]
Data = tuple[Path, dict[str, Any]]


@pytest.fixture(scope="module")
def current(data: Data, stage: Stage) -> pd.DataFrame:
    rows, _ = stage(data[0], "revenue")
    rows["amount"] = rows["amount"].map(Decimal)
    rows["month"] = rows["transaction_date"].str[:7]
    return rows


@pytest.fixture(scope="module")
def counted(current: pd.DataFrame) -> pd.DataFrame:
    return current[current["status"].isin(["paid", "completed"])]


def cents(value: Decimal) -> str:
    return str(value.quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_revenue_and_average_order_value_come_out(data: Data, counted: pd.DataFrame) -> None:
    truth, total = data[1], sum(counted["amount"], Decimal(0))
    assert truth["total_revenue"] == cents(total)
    assert truth["counted_transactions"] == len(counted)
    assert truth["average_order_value"] == cents(total / len(counted))


def test_revenue_by_month_comes_out(data: Data, counted: pd.DataFrame) -> None:
    months = {month: (cents(sum(rows["amount"])), len(rows)) for month, rows in counted.groupby("month")}
    told = {row["month"]: (row["revenue"], row["counted_transactions"]) for row in data[1]["revenue_by_month"]}
    assert told == months


def test_revenue_by_product_comes_out_with_products_known_by_name_only(data: Data, counted: pd.DataFrame) -> None:
    products = {
        (key[0] or None, key[1] or None): cents(sum(rows["amount"]))
        for key, rows in counted.groupby(["product_id", "product"])
    }
    assert {(row["product_id"], row["product"]): row["revenue"] for row in data[1]["revenue_by_product"]} == products
    assert (None, "Gift Card") in products


def test_the_amount_of_every_status_comes_out(data: Data, current: pd.DataFrame) -> None:
    statuses = {status: (cents(sum(rows["amount"])), len(rows)) for status, rows in current.groupby("status")}
    assert {row["status"]: (row["amount"], row["transactions"]) for row in data[1]["revenue_by_status"]} == statuses


def test_returns_are_negative_lines_with_a_negative_quantity(current: pd.DataFrame) -> None:
    negative = current["amount"] < 0
    assert negative.any()
    assert (negative == current["quantity"].str.startswith("-")).all()


@pytest.mark.parametrize("with_returns", [True, False])
def test_cohorts_come_out_whether_or_not_returns_count_as_purchases(
    data: Data, counted: pd.DataFrame, with_returns: bool
) -> None:
    purchases = counted if with_returns else counted[counted["amount"] > 0]
    active = purchases.groupby("customer_id")["month"].agg(set)
    months = [row["month"] for row in data[1]["revenue_by_month"]]
    cohorts = []
    for at, month in enumerate(months):
        members = active[active.map(min) == month]
        if len(members):
            counts = [int(members.map(lambda seen, k=k: k in seen).sum()) for k in months[at:]]
            cohorts.append({"cohort": month, "customers": len(members), "active": counts})
    assert data[1]["cohort_retention"] == cohorts


def test_churn_is_the_share_without_an_order_in_the_ninety_days_after(data: Data, counted: pd.DataFrame) -> None:
    churn = data[1]["churn"]
    as_of = date.fromisoformat(churn["as_of"])
    day = counted["transaction_date"].map(date.fromisoformat)
    known = set(counted["customer_id"][day <= as_of])
    stayed = set(counted["customer_id"][(day > as_of) & (day <= as_of + timedelta(days=90))])
    assert (churn["customers"], churn["churned"]) == (len(known), len(known - stayed))
    assert as_of + timedelta(days=90) == date(2025, 6, 30)


def test_every_transaction_names_a_customer_and_a_product_that_exist(
    data: Data, current: pd.DataFrame, stage: Stage
) -> None:
    customers, _ = stage(data[0], "customers")
    products, _ = stage(data[0], "products")
    assert set(current["customer_id"]) <= set(customers["customer_id"])
    assert set(current["product_id"]) - {""} <= set(products["product_id"])
