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
    """Execute every lane: the first one `here`, each further one by whoever is free, of whom `others` are elsewhere.

    An error of anybody ends all lanes, each after the run that it is at, and is raised.
    """
    waiting, ended = deque(lanes), Event()
    first = deque([waiting.popleft()] if waiting else [])
    with ThreadPoolExecutor(max(others, 1), "lanes") as threads:
        helpers = [
            threads.submit(lambda: list(_executed(waiting, elsewhere, ended)))
            for _ in range(min(others, len(waiting)))
        ]  # fmt: skip
        yield from _executed(first, here, ended)
        yield from _executed(waiting, here, ended)
        for helper in helpers:
            yield from helper.result()


def _executed(lanes: deque[Iterable[Work]], execute: Callable[[Work], Report], ended: Event) -> Iterator[Report]:
    """Take lanes until none is left."""
    try:
        while (lane := _next(lanes)) is not None:
            for work in lane:
                if ended.is_set():
                    return
                yield execute(work)
    except BaseException:
        ended.set()
        raise


def _next(lanes: deque[Iterable[Work]]) -> Iterable[Work] | None:
    try:
        return lanes.popleft()
    except IndexError:
        return None
