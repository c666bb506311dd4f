"""The planning lock, between connections as between processes."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from echo_assets.planner.locks import planning_lock
from echo_assets.server import Databases

pytestmark = pytest.mark.database

HOLD = """
import sys
from echo_assets.planner.locks import planning_lock
with planning_lock(sys.argv[1], wait=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_only_one_planner_holds_the_lock_and_it_is_free_afterwards(fresh_database: Databases) -> None:
    url = fresh_database.url()
    with planning_lock(url, wait=False) as first, planning_lock(url, wait=False) as second:
        assert (first, second) == (True, False)
    with planning_lock(url, wait=False) as third:
        assert third


def test_a_planner_that_waits_gets_the_lock_when_it_is_free(fresh_database: Databases) -> None:
    url, order, waiting = fresh_database.url(), [], threading.Event()

    def wait_for_it() -> None:
        waiting.set()
        with planning_lock(url, wait=True):
            order.append("second")

    other = threading.Thread(target=wait_for_it)
    with planning_lock(url, wait=True):
        other.start()
        waiting.wait()
        order.append("first")
    other.join()
    assert order == ["first", "second"]


def test_a_planner_that_is_killed_leaves_no_lock_behind(fresh_database: Databases) -> None:
    url = fresh_database.url()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout and holder.stdout.readline() == "held\n"
    with planning_lock(url, wait=False) as held:
        assert not held
    holder.kill()
    holder.communicate()
    with planning_lock(url, wait=True) as held:
        assert held
