"""Marketing, dimensions, experiments and funnel of truth.json against pandas over the files."""

import json
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Stage = Callable[[Path, str], tuple[pd.DataFrame, dict[str, dict[str, Any]]]]
Data = tuple[Path, dict[str, Any]]

TRACKED = {"customers": ["segment", "plan_type", "acquisition_channel"], "products": ["price", "category", "name"]}


def ratio(part: int, whole: int) -> str:
    return f"{Decimal(int(part)) / Decimal(int(whole)):.6f}"


def test_conversion_comes_out_by_conformed_channel(data: Data, stage: Stage) -> None:
    folder, truth = data
    rows, _ = stage(folder, "marketing")
    assert rows["channel"].nunique() > len(truth["channel_performance"])
    rows["channel"] = rows["channel"].map(truth["channel_map"])
    rows[["leads", "conversions"]] = rows[["leads", "conversions"]].astype(int)
    rows["spend"] = rows["spend"].map(Decimal)
    sums = rows.groupby("channel")[["leads", "conversions", "spend"]].agg("sum")
    for row in truth["channel_performance"]:
        leads, conversions, spend = sums.loc[row["channel"]]
        assert (row["leads"], row["conversions"], row["spend"]) == (leads, conversions, str(spend))
        assert row["conversion_rate"] == ratio(conversions, leads)
    assert truth["conversion_rate"] == ratio(sums["conversions"].sum(), sums["leads"].sum())
    rates = {name: Fraction(int(of["conversions"]), int(of["leads"])) for name, of in sums.iterrows()}
    assert truth["best_channel_by_rate"]["channel"] == max(rates, key=lambda name: rates[name])
    assert truth["best_channel_by_volume"]["channel"] == sums["conversions"].idxmax()


@pytest.mark.parametrize("source", ["customers", "products"])
def test_versions_are_the_rows_that_change_something_tracked(data: Data, stage: Stage, source: str) -> None:
    rows, _ = stage(data[0], source)
    key = rows.columns[0]
    rows = rows.sort_values([key, "updated_at"])
    is_first = rows[key] != rows[key].shift()
    changed = (rows[TRACKED[source]] != rows[TRACKED[source]].shift()).any(axis=1)
    told = data[1]["dimensions"][source]
    assert told == {"members": rows[key].nunique(), "versions": int((is_first | changed).sum())}
    assert (~is_first & ~changed).any(), "no update that changes nothing"


def test_values_of_customers_go_to_null_and_come_back(data: Data, stage: Stage) -> None:
    rows = stage(data[0], "customers")[0].sort_values(["customer_id", "updated_at"])
    next_segment = rows.groupby("customer_id")["segment"].shift(-1)
    assert ((rows["segment"] != "") & (next_segment == "")).any()
    assert ((rows["segment"] == "") & (next_segment.fillna("") != "")).any()


def test_categories_of_products_go_away_and_come_back(data: Data, stage: Stage) -> None:
    rows = stage(data[0], "products")[0].sort_values(["product_id", "updated_at"])
    by_product = rows.groupby("product_id")["category"]
    assert ((rows["category"] == by_product.shift(-2)) & (rows["category"] != by_product.shift(-1))).any()


def test_experiments_come_out_by_arm(data: Data, stage: Stage) -> None:
    folder, truth = data
    rows, _ = stage(folder, "experiment_assignments")
    registry = stage(folder, "experiments")[0].set_index("experiment_id")
    for experiment in truth["experiments"]:
        here = rows[rows["experiment_id"] == experiment["experiment_id"]]
        designed = json.loads(registry.loc[experiment["experiment_id"], "arms"])
        assert set(designed) == set(here["variant"])
        for arm in experiment["arms"]:
            of_arm = here[here["variant"] == arm["arm"]]
            converted = of_arm[of_arm["converted"] == "true"]
            assert (arm["users"], arm["conversions"]) == (len(of_arm), len(converted))
            assert arm["conversion_rate"] == ratio(len(converted), len(of_arm))
            assert arm["revenue"] == str(sum(converted["revenue"].map(Decimal), Decimal("0.00")))
            assert abs(len(of_arm) - designed[arm["arm"]] * len(here)) <= 1
        assert len(experiment["lifts"]) == len(experiment["arms"]) - 1


def test_conversions_follow_the_assignment_and_precede_the_end(data: Data, stage: Stage) -> None:
    registry = stage(data[0], "experiments")[0].set_index("experiment_id")
    rows = stage(data[0], "experiment_assignments")[0].join(registry[["started_at", "ends_at"]], on="experiment_id")
    assert (rows["started_at"] <= rows["assigned_at"]).all()
    converted = rows[rows["converted"] == "true"]
    assert (converted["assigned_at"] < converted["converted_at"]).all()
    assert (converted["converted_at"] < converted["ends_at"]).all()


def test_one_experiment_has_no_effect_and_one_has_several_arms(data: Data) -> None:
    experiments = data[1]["experiments"]
    assert [experiment["has_effect"] for experiment in experiments] == [True, False, True]
    assert max(len(experiment["arms"]) for experiment in experiments) == 4
    assert {lift["true_absolute"] for lift in experiments[1]["lifts"]} == {"0.000000"}


def test_the_funnel_comes_out_by_month_of_event_and_of_lead(data: Data, stage: Stage) -> None:
    rows, _ = stage(data[0], "funnel_events")
    rows["event_month"] = rows["event_at"].str[:7]
    rows["lead_month"] = rows["lead_id"].map(rows[rows["stage"] == "lead"].set_index("lead_id")["event_month"])
    for month_of in ("event_month", "lead_month"):
        for told in data[1]["funnel"][f"by_{month_of}"]:
            here = rows[rows[month_of] == told["month"]]
            for stage_ in ("lead", "qualified", "opportunity", "customer"):
                assert told[stage_] == here[here["stage"] == stage_]["lead_id"].nunique()


def test_the_seed_of_channels_knows_every_label_and_agrees_on_its_name(data: Data) -> None:
    seed = pd.read_csv(Path(__file__).parents[2] / "echo_dbt" / "seeds" / "channel_map.csv", dtype=str)
    known = dict(zip(seed["label"], seed["channel"], strict=True))
    assert {label: known.get(label.lower()) for label in data[1]["channel_map"]} == data[1]["channel_map"]
