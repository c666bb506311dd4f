"""Rounding of exact figures at the edge."""

from fractions import Fraction

import pytest

from echo_quality.synthetic.figures import money, ratio


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (-5, "-0.05"),
        (123456, "1234.56"),
        (Fraction(1, 2), "0.01"),
        (Fraction(-1, 2), "-0.01"),
        (Fraction(-1, 3), "0.00"),
        (Fraction(24999, 10), "25.00"),
    ],
)
def test_money_has_two_decimals_rounded_half_away_from_zero(cents: int | Fraction, text: str) -> None:
    assert money(cents) == text


def test_a_ratio_has_six_decimals_and_nothing_over_nothing_is_none() -> None:
    assert ratio(1762, 17254) == "0.102121"
    assert ratio(2, 3) == "0.666667"
    assert ratio(0, 0) is None
