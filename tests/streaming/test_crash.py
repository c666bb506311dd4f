"""Killed, frozen and restarted at random moments: nothing lost, nothing twice. `crash_run.py` does it at length."""

from __future__ import annotations

from pathlib import Path

import pytest
from crash_scenarios import Crash
from running_brokers import start_broker
from stream_database import Stream

pytestmark = pytest.mark.slow

PERFECT = {
    "lost": 0, "extra": 0, "doubled": 0, "dead letters amiss": 0, "revenue is exact": True,
    "aggregates are exact": True,
}  # fmt: skip


def test_kills_a_zombie_and_a_broker_that_forgets_lose_nothing_and_double_nothing(
    stream: Stream, tmp_path: Path
) -> None:
    broker = start_broker("embedded", tmp_path / "broker")
    crash = Crash(broker, stream, "crash", rate=800, logs=tmp_path)
    try:
        crash.kill(3)
        crash.freeze_and_revive()
        crash.restart_broker()
        crash.kill(1)
        found = crash.finish()
    finally:
        crash.close()
        broker.stop()
    assert {name: found[name] for name in PERFECT} == PERFECT, found
    assert (found["kills"], found["without progress"], found["fenced"]) == (4, 0, 1)
