"""Lanes of runs: each run is executed once, after those before it in its lane, and an error ends all of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from threading import Barrier

import pytest
from hypothesis import given
from hypothesis import strategies as st

from echo_assets.side_by_side import side_by_side

LANES = st.lists(st.integers(0, 4), max_size=6).map(
    lambda lengths: [[(lane, run) for run in range(length)] for lane, length in enumerate(lengths)]
)
Run = tuple[int, int]


def by(who: str) -> Callable[[Run], tuple[str, Run]]:
    return lambda run: (who, run)


@given(lanes=LANES, others=st.integers(0, 3))
def test_every_run_is_executed_once_and_in_the_order_of_its_lane(lanes: list[list[Run]], others: int) -> None:
    done = list(side_by_side(lanes, by("here"), by("elsewhere"), others))
    assert Counter(run for _, run in done) == Counter(run for lane in lanes for run in lane)
    for lane in lanes:
        runs = [(who, run) for who, run in done if run in lane]
        assert [run for _, run in runs] == lane
        assert len({who for who, _ in runs}) <= 1, "a lane is not divided"


def test_without_others_all_runs_are_executed_here_one_lane_after_the_other() -> None:
    lanes = [[(0, 0), (0, 1)], [(1, 0)]]
    assert list(side_by_side(lanes, by("here"), by("elsewhere"), 0)) == [
        ("here", (0, 0)), ("here", (0, 1)), ("here", (1, 0)),
    ]  # fmt: skip


def test_the_last_lane_is_executed_here_while_another_is_under_way_elsewhere() -> None:
    both = Barrier(2, timeout=30)

    def meeting(who: str) -> Callable[[Run], tuple[str, Run]]:
        def execute(run: Run) -> tuple[str, Run]:
            both.wait()
            return who, run

        return execute

    done = list(side_by_side([[(0, 0)], [(1, 0)]], meeting("here"), meeting("elsewhere"), 1))
    assert sorted(done) == [("elsewhere", (0, 0)), ("here", (1, 0))]


@pytest.mark.parametrize("faulty", ["here", "elsewhere"])
def test_an_error_of_anybody_ends_all_lanes_and_is_raised(faulty: str) -> None:
    both, executed = Barrier(2, timeout=30), []

    def endless(lane: int) -> Iterator[Run]:
        run = 0
        while True:
            yield lane, run
            run += 1

    def working(who: str) -> Callable[[Run], Run]:
        def execute(run: Run) -> Run:
            if run[1] == 0:
                both.wait()
            if who == faulty and run[1] == 2:
                raise ValueError(who)
            executed.append(run)
            return run

        return execute

    with pytest.raises(ValueError, match=faulty):
        list(side_by_side([endless(0), endless(1)], working("here"), working("elsewhere"), 1))
    assert executed
