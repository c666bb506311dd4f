"""The leak sentinel: outputs of models among what a model is trained on, and features that tell the label alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from feature_tables import declared_in
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_ml.features.checks.leaks import Edge, aucs, reads_no_output, tells_the_label
from echo_ml.features.declared import FeatureService, FeatureView
from echo_ml.features.own_views import OUTPUTS, services

HONEST: list[Edge] = [
    ("features/customer_daily", "total_orders", "core/fact_transactions", "customer_id"),
    ("core/fact_transactions", "customer_id", "staging/revenue", "customer_id"),
    ("staging/revenue", "customer_id", "core/fact_transactions", "customer_id"),  # a circle is no way
]


@pytest.fixture(scope="module")
def views(tmp_path_factory: pytest.TempPathFactory) -> list[FeatureView]:
    return declared_in(tmp_path_factory.mktemp("models"))


def test_what_is_made_of_sources_alone_is_no_leak(views: list[FeatureView]) -> None:
    for service in services(views):
        assert reads_no_output(service, views, HONEST, OUTPUTS).passed


def test_an_output_of_a_model_is_found_at_any_distance_with_the_way_to_it(views: list[FeatureView]) -> None:
    [churn, _] = services(views)
    leak: list[Edge] = [
        ("features/customer_daily", "segment", "core/dim_customer", "segment"),
        ("core/dim_customer", "segment", "stg/stg_scores", "band"),
        ("stg/stg_scores", "band", "models/churn_scores", "churn_probability"),
    ]
    found = reads_no_output(churn, views, [*HONEST, *leak], OUTPUTS)
    assert (found.passed, found.said) == (False, "churn_v1 reads what models say: segment.")
    assert found.sample[0]["through"] == (
        "features/customer_daily/segment <- core/dim_customer/segment <- stg/stg_scores/band"
        " <- models/churn_scores/churn_probability"
    )


def test_a_view_over_an_output_is_found_without_any_lineage(views: list[FeatureView]) -> None:
    service = FeatureService("greedy", "", {"customer_churn": ("churn_probability",), "customer_daily": ("segment",)})
    found = reads_no_output(service, views, [], OUTPUTS)
    assert (found.passed, [row["feature"] for row in found.sample]) == (False, ["churn_probability"])


def frame(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    rng = np.random.default_rng(1)
    label = rng.random(rows) < 0.3
    made = {
        "noise": rng.normal(size=rows),
        "good": label + rng.normal(size=rows),
        "same": label.astype(float),
        "reversed": -label.astype(float),
        "missing_tells": np.where(label, np.nan, rng.normal(size=rows)),
        "text_tells": np.where(label, "left", rng.choice(["a", "b"], rows)),
        "text": rng.choice(["a", "b", "c"], rows),
        "identifier": [f"C{row}" for row in range(rows)],
        "constant": np.ones(rows),
    }
    return pd.DataFrame(made), label


def test_each_feature_that_tells_the_label_is_named_and_no_other() -> None:
    made, label = frame()
    honest = tells_the_label(made, ["noise", "good", "text", "identifier", "constant"], label)
    assert (honest.passed, honest.facts["best"], honest.facts["features"]) == (True, "good", 4)
    found = tells_the_label(made, list(made.columns), label)
    assert not found.passed
    assert {row["feature"] for row in found.sample} == {"same", "reversed", "missing_tells", "text_tells"}


def test_a_label_with_one_value_tells_nothing() -> None:
    made, label = frame()
    assert tells_the_label(made, ["good"], np.ones(len(label))).said == "Nothing can be ranked."


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.booleans()), min_size=2, max_size=40))
def test_the_area_is_the_share_of_pairs_in_order(rows: Sequence[tuple[int, bool]]) -> None:
    values, label = zip(*rows, strict=True)
    pairs = [
        (high > low) + (high == low) / 2
        for high, is_one in rows if is_one
        for low, is_other in rows if not is_other
    ]  # fmt: skip
    found = aucs(pd.DataFrame({"f": values}), ["f"], label)
    if not pairs:
        assert found == {}
    else:
        area = sum(pairs) / len(pairs)
        assert found["f"] == pytest.approx(max(area, 1 - area))
