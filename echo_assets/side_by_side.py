"""Runs side by side: those of one lane follow each other, no lane waits for another; what a run is, others know."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TypeVar

Work = TypeVar("Work")
Report = TypeVar("Report")


def side_by_side(
    lanes: Iterable[Iterable[Work]], here: Callable[[Work], Report], elsewhere: Callable[[Work], Report], others: int
) -> Iterator[Report]:
    """Execute every lane: the last one `here`, each other one by whoever is free, of whom `others` are elsewhere.

    Those elsewhere begin with the first lanes, this thread with the last, so that each is likely to do again what it
    did before, and has loaded what that needs. Without others the lanes follow each other from the first on.

    An error of anybody ends all lanes, each after the run that it is at, and is raised.
    """
    waiting, ended = deque(lanes), Event()
    with ThreadPoolExecutor(max(others, 1), "lanes") as threads:
        helpers = [
            threads.submit(lambda: list(_executed(waiting.popleft, elsewhere, ended)))
            for _ in range(min(others, len(waiting) - 1))
        ]  # fmt: skip
        yield from _executed(waiting.pop if helpers else waiting.popleft, here, ended)
        for helper in helpers:
            yield from helper.result()


def _executed(take: Callable[[], Iterable[Work]], execute: Callable[[Work], Report], ended: Event) -> Iterator[Report]:
    """Take lanes until none is left."""
    try:
        while (lane := _taken(take)) is not None:
            for work in lane:
                if ended.is_set():
                    return
                yield execute(work)
    except BaseException:
        ended.set()
        raise


def _taken(take: Callable[[], Iterable[Work]]) -> Iterable[Work] | None:
    try:
        return take()
    except IndexError:
        return None
