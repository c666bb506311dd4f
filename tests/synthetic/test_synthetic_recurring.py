"""MRR, waterfall, retention and ARR of truth.json against a slow walk over every customer and month, in fractions."""

from collections import defaultdict
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Stage = Callable[[Path, str], tuple[pd.DataFrame, dict[str, dict[str, Any]]]]
Data = tuple[Path, dict[str, Any]]
Mrr = dict[str, dict[str, Fraction]]

FACTORS = {"weekly": Fraction(52, 12), "monthly": Fraction(1), "quarterly": Fraction(1, 3), "annual": Fraction(1, 12)}


def rounded(value: Fraction, places: str) -> str:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return str(exact.quantize(Decimal(places), ROUND_HALF_UP))


def money(value: Fraction) -> str:
    return rounded(value, "0.01")


def month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12}-{number % 12 + 1:02d}"


@pytest.fixture(scope="module")
def log(data: Data, stage: Stage) -> pd.DataFrame:
    return stage(data[0], "subscriptions")[0].sort_values(["subscription_id", "effective_at"])


@pytest.fixture(scope="module")
def mrr(data: Data, log: pd.DataFrame) -> Mrr:
    """MRR by month end and customer, customers without any left out."""
    ends: Mrr = {}
    for month in (row["month"] for row in data[1]["mrr_by_month"]):
        state = log[log["effective_at"] < month_after(month)].groupby("subscription_id").last()
        by_customer: dict[str, Fraction] = defaultdict(Fraction)
        for row in state[state["status"] == "active"].to_dict("records"):
            by_customer[row["customer_id"]] += Fraction(row["amount"]) * FACTORS[row["billing_period"]]
        ends[month] = dict(by_customer)
    return ends


def test_mrr_of_every_month_comes_out(data: Data, mrr: Mrr) -> None:
    told = {row["month"]: (row["mrr"], row["active_customers"]) for row in data[1]["mrr_by_month"]}
    assert told == {month: (money(sum(of.values(), Fraction())), len(of)) for month, of in mrr.items()}


def test_the_waterfall_comes_out_and_closes(data: Data, mrr: Mrr) -> None:
    before: dict[str, Fraction] = {}
    ever: set[str] = set()
    for row, now in zip(data[1]["mrr_waterfall"], mrr.values(), strict=True):
        parts: dict[str, Fraction] = defaultdict(Fraction)
        for customer in before.keys() | now.keys():
            was, is_ = before.get(customer, Fraction()), now.get(customer, Fraction())
            if not was:
                parts["reactivation" if customer in ever else "new"] += is_
            elif not is_:
                parts["churn"] += was
            else:
                parts["expansion" if is_ > was else "contraction"] += abs(is_ - was)
        parts |= {"starting_mrr": sum(before.values(), Fraction()), "ending_mrr": sum(now.values(), Fraction())}
        assert {name: row[name] for name in row if name != "month"} == {
            name: money(parts[name]) for name in row if name != "month"
        }
        moved = parts["new"] + parts["reactivation"] + parts["expansion"] - parts["contraction"] - parts["churn"]
        assert parts["starting_mrr"] + moved == parts["ending_mrr"]
        ever |= now.keys()
        before = now


@pytest.mark.parametrize(("months", "suffix"), [(1, ""), (12, "_12m")])
def test_retention_comes_out(data: Data, mrr: Mrr, months: int, suffix: str) -> None:
    ends = list(mrr.values())
    for at, row in enumerate(data[1]["revenue_retention"]):
        then = ends[at - months] if at >= months else {}
        whole = sum(then.values(), Fraction())
        now = {customer: ends[at].get(customer, Fraction()) for customer in then}
        kept = sum((min(now[customer], was) for customer, was in then.items()), Fraction())
        expected = (
            (rounded(sum(now.values()) / whole, "0.000001"), rounded(kept / whole, "0.000001"))
            if whole
            else (None, None)
        )
        assert (row[f"nrr{suffix}"], row[f"grr{suffix}"]) == expected


def test_arr_is_twelve_times_mrr_at_the_end_of_the_quarter(data: Data, mrr: Mrr) -> None:
    told = {row["quarter"]: row["arr"] for row in data[1]["arr_quarterly"]}
    ends = {f"{m[:4]}-Q{int(m[5:]) // 3}": sum(of.values(), Fraction()) for m, of in mrr.items() if int(m[5:]) % 3 == 0}
    assert told == {quarter: money(12 * end) for quarter, end in ends.items()}
    assert len(told) == 6


def test_rounding_mrr_to_cents_is_never_a_close_call(mrr: Mrr) -> None:
    for of in mrr.values():
        assert (sum(of.values(), Fraction()) * 100).denominator in {1, 3}


def test_every_kind_of_subscription_life_occurs(data: Data, log: pd.DataFrame) -> None:
    assert set(log["billing_period"]) == set(FACTORS)
    steps = set(zip(log["status"], log.groupby("subscription_id")["status"].shift(-1), strict=True))
    assert {
        ("trial", "active"),
        ("trial", "cancelled"),
        ("active", "paused"),
        ("paused", "active"),
        ("active", "cancelled"),
        ("cancelled", "active"),
    } <= steps
    for part in ("new", "expansion", "contraction", "churn", "reactivation"):
        assert any(row[part] != "0.00" for row in data[1]["mrr_waterfall"]), part


def test_a_subscription_changes_on_the_first_instant_of_a_month_somewhere(log: pd.DataFrame) -> None:
    assert log["effective_at"].str.endswith("-01T00:00:00Z").any()


def test_cancelled_rows_alone_have_an_end_and_it_is_when_they_take_effect(log: pd.DataFrame) -> None:
    cancelled = log["status"] == "cancelled"
    assert (log["ended_at"][cancelled] == log["effective_at"][cancelled]).all()
    assert (log["ended_at"][~cancelled] == "").all()
