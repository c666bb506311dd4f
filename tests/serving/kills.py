"""Kill -9 of the serving process and of the database under load, and what every answer was. No tests.

Each round writes new features first, so that an answer of an earlier round is a wrong answer.
"""

from __future__ import annotations

import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import httpx
import psycopg
from served_model import INPUTS, churn_of
from served_warehouse import know, make_warehouse

from echo_assets import server
from echo_assets.settings import Settings

REQUESTS, CUSTOMERS, WORKERS = 200, 20, 4
PER_SECOND = 100
"""So the requests of a round go on from before the kill until the killed one is coming back."""
KILL_AFTER = 40
PATIENCE = 60.0
Victim = Literal["serving", "database"]


@dataclass
class Round:
    """What came of one kill."""

    victim: Victim
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    back_after: float = 0.0

    def told(self, outcome: str, wrong: str | None = None) -> None:
        """One answer."""
        self.outcomes[outcome] += 1
        if wrong is not None:
            self.wrong.append(wrong)


class Arena:
    """A database server and a serving process, both of which may be killed and are started again."""

    def __init__(self, settings: Settings) -> None:
        """Start both, over the warehouse of the tests."""
        self._settings = settings
        self._databases = server.up(settings)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self._port = free.getsockname()[1]
        with psycopg.connect(self._databases.url(), autocommit=True) as connection:
            make_warehouse(connection)
        self._log = (settings.home / "serving.log").open("ab")
        self.process = self._started()
        self._wait_until_ready()

    def close(self) -> None:
        """Stop both."""
        self.process.kill()
        self.process.wait()
        self._log.close()
        server.down(self._settings)

    def kill(self, victim: Victim, round_number: int) -> Round:
        """One round: load, a kill in the middle of it, and whether everything is right again afterwards."""
        found, expected = Round(victim), self._expected(round_number)
        done = threading.Semaphore(0)
        load = threading.Thread(target=self._load, args=(found, expected, done))
        load.start()
        for _ in range(KILL_AFTER):
            done.acquire()
        killed_at = time.monotonic()
        self._kill(victim)
        load.join()
        self._wait_until_ready()
        found.back_after = time.monotonic() - killed_at
        self._ask_all(found, expected)
        return found

    def _kill(self, victim: Victim) -> None:
        if victim == "serving":
            self.process.kill()
            self.process.wait()
            self.process = self._started()
            return
        pid = server.status(self._settings).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        server.up(self._settings)

    def _expected(self, round_number: int) -> dict[str, dict[str, Any]]:
        """New features of every customer, as the primary-key SELECT has them."""
        found = {}
        columns = ", ".join(INPUTS)
        with psycopg.connect(self._databases.url(), autocommit=True) as connection:
            for number in range(CUSTOMERS):
                values = dict(zip(INPUTS, (round_number, number, 10.5 * number), strict=True))
                know(connection, "customer_daily", f"C{number}", values)
                select = f"select {columns} from feature_online.customer_daily where customer_id = %s"
                row = connection.execute(select.encode(), [f"C{number}"]).fetchone()
                assert row is not None
                found[f"C{number}"] = dict(zip(INPUTS, row, strict=True))
        return found

    def _load(self, found: Round, expected: dict[str, dict[str, Any]], done: threading.Semaphore) -> None:
        """All requests of a round, each at its own time whatever became of those before it."""
        waiting: queue.Queue[int] = queue.Queue()
        for number in range(REQUESTS):
            waiting.put(number)
        begin = time.monotonic()

        def work() -> None:
            with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=30) as client:
                while (number := _next(waiting)) is not None:
                    time.sleep(max(0.0, begin + number / PER_SECOND - time.monotonic()))
                    _ask(client, found, f"C{number % CUSTOMERS}", expected, by_prediction=number % 2 == 0)
                    done.release()

        workers = [threading.Thread(target=work) for _ in range(WORKERS)]
        for each in workers:
            each.start()
        for each in workers:
            each.join()

    def _ask_all(self, found: Round, expected: dict[str, dict[str, Any]]) -> None:
        """Once it is back, every customer is answered, and rightly."""
        afterwards = Round(found.victim)
        with httpx.Client(base_url=f"http://127.0.0.1:{self._port}", timeout=30) as client:
            for customer in expected:
                for by_prediction in (True, False):
                    _ask(client, afterwards, customer, expected, by_prediction=by_prediction)
        found.wrong += afterwards.wrong
        if set(afterwards.outcomes) != {"equal"}:
            found.wrong.append(f"after it was back: {dict(afterwards.outcomes)}")

    def _started(self) -> subprocess.Popen[bytes]:
        script = Path(__file__).with_name("serving_process.py")
        command = [sys.executable, str(script), self._databases.url(read_only=True), str(self._port)]
        return subprocess.Popen(command, stdout=self._log, stderr=self._log)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            assert self.process.poll() is None, "the serving process ended by itself"
            try:
                if httpx.get(f"http://127.0.0.1:{self._port}/health", timeout=5).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"not ready within {PATIENCE} s")


@contextmanager
def arena(settings: Settings) -> Iterator[Arena]:
    """An arena that is gone at the end."""
    made = Arena(settings)
    try:
        yield made
    finally:
        made.close()


def _ask(
    client: httpx.Client, found: Round, customer: str, expected: dict[str, dict[str, Any]], *, by_prediction: bool
) -> None:
    """One request: equal to the SELECT, a 503, or a connection that the killed process no longer serves."""
    try:
        if by_prediction:
            answer = client.post("/predict/churn", json={"customer_id": customer})
        else:
            answer = client.get(f"/features/customer/{customer}")
    except httpx.TransportError as error:
        found.told("no connection", None if found.victim == "serving" else f"{customer}: {type(error).__name__}")
        return
    if answer.status_code == 503:
        found.told("503", None if answer.headers.get("Retry-After") else f"{customer}: 503 without Retry-After")
        return
    right = answer.status_code == 200 and _is_equal(answer.json(), expected[customer])
    found.told("equal" if right else "wrong", None if right else f"{customer}: {answer.status_code} {answer.text}")


def _is_equal(answer: dict[str, Any], row: dict[str, Any]) -> bool:
    if "features" in answer:
        return bool(answer["features"] == row and abs(answer["value"] - churn_of(row, "1")) < 1e-12)
    return all(answer["value"][name] == value for name, value in row.items())


def _next(waiting: queue.Queue[int]) -> int | None:
    try:
        return waiting.get_nowait()
    except queue.Empty:
        return None
