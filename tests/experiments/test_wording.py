"""Numbers as people read them: digits that mean something, signs, units, and words for what is not known."""

import datetime
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_ml.experiments.design import MetricKind
from echo_ml.experiments.findings import Interval
from echo_ml.experiments.pages import wording
from echo_ml.experiments.pages.wording import MINUS, Scale, scale_of

RATE = scale_of(MetricKind.PROPORTION, "fraction")
MONEY = scale_of(MetricKind.MEAN, "currency")
anything = st.none() | st.floats()


@pytest.mark.parametrize(("value", "text"), [
    (12345.0, "12,345"), (0, "0"), (-7, f"{MINUS}7"), (-0.2, "0"), (None, "not known"), (math.nan, "not known"),
    (math.inf, "not known"), (2e15, "2.00e+15"),
])  # fmt: skip
def test_counts(value, text):
    assert wording.count(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.1021, "10.2%"), (0.0512, "5.12%"), (0.00512, "0.512%"), (1.0, "100%"), (0.0, "0%"), (None, "not known"),
])  # fmt: skip
def test_shares_have_three_digits(value, text):
    assert wording.percent(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.05, "5%"), (0.8, "80%"), (0.333333, "33.3333%"), (0.001, "0.1%")])
def test_what_was_declared_is_shown_as_it_was(value, text):
    assert wording.exactly(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.032, "0.032"), (0.0041, "0.0041"), (2e-17, "below 0.0001"), (1.0, "1.000"), (None, "not known"),
])  # fmt: skip
def test_p_values(value, text):
    assert wording.p_value(value) == text


@pytest.mark.parametrize(("value", "text"), [
    (0.9732, "97.3%"), (1.0, "above 99.9%"), (0.0, "below 0.1%"), (0.9996, "above 99.9%"),
])  # fmt: skip
def test_no_chance_is_a_certainty(value, text):
    assert wording.chance(value) == text


def test_a_difference_has_the_digits_that_its_interval_leaves_certain():
    assert RATE.effect(0.0391234, Interval(0.0301, 0.0481)) == "+3.91 percentage points"
    assert RATE.effect(0.0391234, Interval(-0.04, 0.12)) == "+3.9 percentage points"
    assert RATE.between(Interval(-0.004, 0.0481)) == f"from {MINUS}0.4 to +4.8"
    assert wording.lift(0.3834, Interval(0.284, 0.489)) == "+38%"
    assert wording.lift_span(Interval(0.284, 0.489)) == "from +28% to +49%"


def test_money_has_cents_and_separators():
    assert MONEY.value(1234567.5) == "1,234,567.50"
    assert scale_of(MetricKind.MEAN, "EUR").effect(-3.5) == f"{MINUS}3.50 EUR"
    assert MONEY.size(0.1) == "0.10"


def test_a_planned_effect_has_no_sign_and_no_empty_digits():
    assert RATE.size(0.03) == "3 percentage points"
    assert scale_of(MetricKind.COUNT, "count").size(0.05) == "0.05"


def test_an_interval_without_a_bound_says_so():
    assert RATE.between(Interval(-math.inf, 0.02)) == "from no bound to +2"
    assert RATE.between(None) == "interval not known"


def test_days_moments_and_lists():
    assert wording.day(datetime.date(2024, 3, 5)) == "5 March 2024"
    assert wording.moment(datetime.datetime(2024, 3, 5, 23, 10, tzinfo=datetime.UTC)) == "5 March 2024, 23:10 UTC"
    assert wording.moment(None) == "not known"
    assert [wording.counted(n, "user") for n in (1, 2)] == ["1 user", "2 users"]
    assert [wording.listed(names) for names in ([], ["a"], ["a", "b", "c"])] == ["", "a", "a, b and c"]


def test_a_sentence_begins_with_a_capital_unless_with_a_name():
    assert wording.sentence("it holds") == "It holds."
    assert wording.sentence("conversion_rate: a wins") == "conversion_rate: a wins."
    assert wording.sentence("") == ""


def test_a_name_from_outside_is_one_short_line():
    assert wording.plain("a\n\tb\x00c\u202ed") == "a b c d"
    assert wording.plain("x" * 100, 10) == "x" * 9 + "\N{HORIZONTAL ELLIPSIS}"
    assert wording.plain("\ud800") == ""


@given(anything, anything, anything, st.sampled_from([RATE, MONEY, Scale(1, "", "")]))
def test_nothing_that_is_not_known_is_shown_as_a_number(value, lower, upper, scale):
    interval = None if lower is None or upper is None else Interval(lower, upper)
    texts = [
        scale.value(value), scale.effect(value, interval), scale.size(value), scale.between(interval),
        wording.lift(value, interval), wording.lift_span(interval), wording.percent(value), wording.exactly(value),
        wording.count(value), wording.chance(value), wording.p_value(value),
    ]  # fmt: skip
    for text in texts:
        assert not {"nan", "inf", "none", "-"} & set(text.lower().replace(",", " ").split())
        assert f"{MINUS}0." not in text or text.strip(f"{MINUS}0.% percentage points")
