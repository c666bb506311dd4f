"""What runs shortly with every run of the tests and at length with the slow ones, so that neither is left out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")


def searching(short: int, long: int) -> pytest.MarkDecorator:
    """For a search: its argument `tries` says how many examples to look at."""
    at_length = pytest.param(long, id="at length", marks=pytest.mark.slow)
    return pytest.mark.parametrize("tries", [pytest.param(short, id="shortly"), at_length])


def every(nth: int, cases: Iterable[Case]) -> list[Case | object]:
    """For a large collection: each nth case, beginning with the first, is quick; the others are slow."""
    return [pytest.param(case, marks=pytest.mark.slow) if at % nth else case for at, case in enumerate(cases)]


def first(cases: Iterable[Case]) -> list[Case | object]:
    """For a series in which each case would take long: the first one is quick."""
    return [pytest.param(case, marks=pytest.mark.slow) if at else case for at, case in enumerate(cases)]
