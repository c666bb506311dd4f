"""Reading the registry: what is meant is read, and what cannot be used is refused in words that say what to do."""

import datetime
from decimal import Decimal
from math import isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_ml.experiments.design import Method, Metric, MetricKind
from echo_ml.experiments.registry import ALIASES, NotUsable, design_of

CATALOGUE = {
    metric.name: metric
    for metric in (
        Metric("experiment_conversion_rate", MetricKind.PROPORTION, "", "fraction"),
        Metric("revenue_per_user", MetricKind.MEAN, "", "currency"),
        Metric("refunds_per_user", MetricKind.COUNT, "", "count", lower_is_better=True, is_of_customers=True),
    )
}
DAY = datetime.date(2024, 1, 1)
AT = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
ROW = {
    "experiment_id": "EXP-7", "experiment_name": "Checkout", "unit": "user", "arms": {"treatment": 1, "control": 1},
    "control": "control", "primary_metric": "conversion_rate", "secondary_metrics": None, "guardrails": None,
    "mde": Decimal("0.02"), "alpha": Decimal("0.05"), "power": Decimal("0.8"), "looks": None, "min_days": None,
    "started_at": AT, "started_date": DAY, "ends_at": AT + datetime.timedelta(14),
    "last_date": DAY + datetime.timedelta(13),
}  # fmt: skip
NO_END = {"ends_at": None, "last_date": None}


def design(**fields):
    return design_of(ROW | fields, CATALOGUE)


def test_an_entry_is_read_as_it_is_meant():
    read = design(
        arms={"treatment": 30, "control": 50, "other": 20}, secondary_metrics=["revenue_per_user"],
        guardrails={"refunds_per_user": 0}, unit="customer", looks=" 5 ", min_days=7,
    )  # fmt: skip
    assert dict(read.arms) == {"control": 0.5, "treatment": 0.3, "other": 0.2}
    assert read.treatments == ("treatment", "other")
    assert [metric.name for metric in read.metrics] == [
        "experiment_conversion_rate", "revenue_per_user", "refunds_per_user",
    ]  # fmt: skip
    assert (read.guardrails[0].margin, read.guardrails[0].metric.lower_is_better) == (0, True)
    assert (read.mde, read.alpha, read.power, read.looks, read.min_days) == (0.02, 0.05, 0.8, 5, 7)
    assert (read.started_on, read.ends_on) == (DAY, DAY + datetime.timedelta(13))


@pytest.mark.parametrize(
    ("fields", "method"),
    [
        ({"looks": None}, Method.FIXED),
        ({"looks": "1"}, Method.FIXED),
        ({"looks": "2"}, Method.GROUP_SEQUENTIAL),
        ({"looks": "Unplanned"}, Method.ALWAYS_VALID),
        ({"looks": ""} | NO_END, Method.ALWAYS_VALID),
        ({"looks": "2", "min_days": 14} | NO_END, Method.GROUP_SEQUENTIAL),
    ],
)
def test_the_looks_say_how_it_is_decided(fields, method):
    assert design(**fields).method is method


@given(
    st.dictionaries(st.text(min_size=1), st.floats(1e-6, 1e6) | st.integers(1, 10**6), min_size=2, max_size=6),
    st.floats(1e-3, 1e3),
    st.data(),
)
def test_shares_sum_to_one_and_their_scale_says_nothing(arms, scale, data):
    control = data.draw(st.sampled_from(sorted(arms)))
    read = design(arms=arms, control=control).arms
    scaled = design(arms={arm: share * scale for arm, share in arms.items()}, control=control).arms
    assert isclose(sum(read.values()), 1)
    assert next(iter(read)) == control
    assert set(read) == set(arms)
    assert all(isclose(read[arm], scaled[arm]) for arm in arms)
    assert all(isclose(read[arm] * sum(arms.values()), arms[arm]) for arm in arms)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("arms", [["control", 0.5]], "no JSON object of arms"),
        ("arms", None, "no JSON object of arms"),
        ("arms", {}, "no arm is nothing to compare"),
        ("arms", {"control": 1}, "1 arm is nothing to compare"),
        ("arms", {"control": 0.5, "treatment": "0.5"}, "the share of 'treatment' is no number above 0"),
        ("arms", {"control": 0.5, "treatment": 0}, "the share of 'treatment' is no number above 0"),
        ("arms", {"control": 0.5, "treatment": True}, "the share of 'treatment' is no number above 0"),
        ("arms", {"control": 10**400, "treatment": float("nan")}, "the share of 'control', 'treatment' is no number"),
        ("control", "Control", "'Control' is not among the arms 'treatment', 'control'; name one of them"),
        (
            "primary_metric",
            "revenue_per_usr",
            "no experiment measures 'revenue_per_usr'; did you mean revenue_per_user",
        ),
        ("primary_metric", "zzz", "choose one of experiment_conversion_rate, refunds_per_user, revenue_per_user"),
        ("primary_metric", "refunds_per_user", "but the unit is user; assign customers"),
        ("secondary_metrics", {"revenue_per_user": 1}, "no JSON list of names"),
        ("secondary_metrics", [1], "no experiment measures 1"),
        ("guardrails", ["revenue_per_user"], "no JSON object of metrics with their margins"),
        ("guardrails", {"revenue_per_user": -0.1}, "the margin of 'revenue_per_user' is no number from 0 on"),
        ("guardrails", {"revenue_per_user": None}, "the margin of 'revenue_per_user' is no number from 0 on"),
        ("guardrails", {"churn": 0.1}, "no experiment measures 'churn'"),
        ("mde", Decimal(0), "0 is not above 0"),
        ("mde", None, "None is not above 0"),
        ("alpha", Decimal(1), "1 is not between 0 and 1"),
        ("power", Decimal(0), "0 is not between 0 and 1"),
        ("looks", "0", "'0' is no number of looks; give a whole number from 1 on, \"unplanned\""),
        ("looks", "2.5", "'2.5' is no number of looks"),
        ("looks", "weekly", "'weekly' is no number of looks"),
        ("ends_at", AT, "is not after the start"),
    ],
)
def test_an_entry_that_cannot_be_used_names_experiment_field_and_fix(field, value, says):
    with pytest.raises(NotUsable) as refused:
        design(**{field: value})
    assert str(refused.value).startswith(f"experiment EXP-7, {field}: ")
    assert says in str(refused.value)


def test_planned_looks_need_something_to_be_spread_over():
    with pytest.raises(NotUsable, match="experiment EXP-7, looks: 3 planned, but neither ends_at nor min_days says"):
        design(looks="3", **NO_END)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


_FIELDS = st.tuples(st.sampled_from(["arms", "secondary_metrics", "guardrails"]), _JSON) | st.tuples(
    st.sampled_from(["control", "primary_metric", "looks"]), st.text()
)


@given(_FIELDS)
def test_whatever_is_written_is_either_read_or_refused_in_one_line(written):
    field, value = written
    try:
        read = design(**{field: value})
    except NotUsable as refused:
        assert "\n" not in str(refused)
    else:
        assert read.control in read.arms
        assert read.looks is None or read.looks >= 1
        assert all(share > 0 for share in read.arms.values())


def test_every_alias_leads_to_a_metric():
    assert set(ALIASES.values()) <= set(CATALOGUE)
    assert not set(ALIASES) & set(CATALOGUE), "a name of the catalogue is no alias"
