"""The crash test at length, as a program: python tests/streaming/crash_run.py --broker embedded|kafka --kills 40.

It has a database server and a broker of its own. What it prints at the end is JSON; the exit code is 1 unless nothing
was lost, nothing doubled, and every aggregate is exact.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
from pathlib import Path

from crash_scenarios import Crash, until
from running_brokers import start_broker
from stream_database import Stream, database_with_stream
from test_crash import PERFECT

from echo_assets import server
from echo_assets.settings import Settings
from echo_streaming.brokers.processes import is_ours


def main() -> int:
    """Run every scenario on one topic."""
    parser = argparse.ArgumentParser(description="Kill consumers, a broker and a database while events flow.")
    parser.add_argument("--broker", choices=["embedded", "kafka"], default="embedded")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--rebalances", type=int, default=6)
    parser.add_argument("--rate", type=float, default=1500.0)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="echo-crash-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        settings = Settings.from_environment({"ECHO_HOME": f"{folder}/home", "ECHO_LANDING": f"{folder}/landing"})
        databases = server.up(settings)
        try:
            with database_with_stream(databases, "crash") as place:
                found = _run(given, folder, settings, Stream(place.url()))
        finally:
            server.down(settings)
    print(json.dumps(found, indent=2))
    return 0 if {each: found[each] for each in PERFECT} == PERFECT else 1


def _run(given: argparse.Namespace, folder: Path, settings: Settings, stream: Stream) -> dict[str, object]:
    broker = start_broker(given.broker, folder / "broker")
    crash = Crash(
        broker, stream, "crash", given.rate, given.seed, restart_database=lambda: _crash_database(settings), logs=folder
    )
    try:
        for name, scenario in (
            ("kills", lambda: crash.kill(given.kills)),
            ("zombie", crash.freeze_and_revive),
            ("database", crash.restart_database_under_load),
            ("broker", crash.restart_broker),
            ("rebalances", lambda: crash.rebalance(given.rebalances)),
        ):
            print(f"{given.broker}: {name}", file=sys.stderr, flush=True)
            scenario()
        return crash.finish()
    finally:
        crash.close()
        broker.stop()


def _crash_database(settings: Settings) -> None:
    """End the database server at once, as a power cut does, and start it again."""
    pid = server.status(settings).pid
    assert pid
    os.kill(pid, signal.SIGQUIT)
    until(lambda: not is_ours(pid, " -D "), "the server did not end")
    server.up(settings)


if __name__ == "__main__":
    sys.exit(main())
