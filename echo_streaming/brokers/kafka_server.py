"""Apache Kafka from its jars in Maven's repository: a single node in KRaft mode on 127.0.0.1.

It is for tests, CI and machines without Docker. It needs Maven and Java 17; where they or the repository are missing,
`install` says so.

    python -m echo_streaming.brokers.kafka_server .echo/kafka

runs one until it is interrupted; its log stays in that folder.
"""

from __future__ import annotations

import argparse
import base64
import shutil
import signal
import subprocess
import threading
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from echo_streaming.brokers.cluster import BrokerError, Cluster
from echo_streaming.brokers.processes import HOST, accepts, end, free_port, wait_until

VERSION = "4.0.0"
_INSTALL_SECONDS = 600
_START_SECONDS = 120.0
_STOP_SECONDS = 30.0
_DEPENDENCIES = (("org.apache.kafka", "kafka_2.13", VERSION), ("org.slf4j", "slf4j-simple", "1.7.36"))
_JAVA = ("-Xms128m", "-Xmx384m", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
_PROJECT = """<project xmlns="http://maven.apache.org/POM/4.0.0">
<modelVersion>4.0.0</modelVersion><groupId>echo</groupId><artifactId>kafka</artifactId><version>1</version>
<dependencies>{dependencies}</dependencies>
</project>
"""
_PROPERTIES = """
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{host}:{controller}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port}
log.dirs={log}
auto.create.topics.enable=false
offsets.topic.num.partitions=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
"""


def install(libraries: Path) -> Path:
    """Have the jars in a folder of their own below `libraries`; BrokerError if that cannot be done here."""
    folder = libraries / f"kafka-{VERSION}"
    if (folder / "complete").exists():
        return folder
    for program in ("mvn", "java"):
        if shutil.which(program) is None:
            raise BrokerError(f"{program} is not installed: Apache Kafka's jars need Maven and Java 17")
    folder.mkdir(parents=True, exist_ok=True)
    listed = "".join(
        f"<dependency><groupId>{group}</groupId><artifactId>{name}</artifactId><version>{version}</version></dependency>"
        for group, name, version in _DEPENDENCIES
    )
    (folder / "pom.xml").write_text(_PROJECT.format(dependencies=listed), encoding="utf-8")
    asked = ["mvn", "-q", "-B", "-f", str(folder / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime",
             f"-DoutputDirectory={folder}"]  # fmt: skip
    done = subprocess.run(asked, capture_output=True, text=True, timeout=_INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        raise BrokerError(f"Maven could not fetch Apache Kafka {VERSION}: {(done.stdout + done.stderr)[-500:].strip()}")
    (folder / "complete").touch()
    return folder


@dataclass
class KafkaServer:
    """One node; its folder holds its log, so that it goes on after a stop or a crash."""

    folder: Path
    libraries: Path
    port: int = field(default_factory=free_port)
    controller: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def cluster(self) -> Cluster:
        """How to reach it."""
        return Cluster(f"{HOST}:{self.port}")

    def start(self) -> Cluster:
        """Start it; the first time, its log is made."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(
            _PROPERTIES.format(host=HOST, port=self.port, controller=self.controller, log=self.folder / "log"),
            encoding="utf-8",
        )
        if not (self.folder / "log" / "meta.properties").exists():
            self._run("kafka.tools.StorageTool", "format", "-t", _cluster_id(), "-c", str(self._properties))
        with self._output.open("ab") as output:
            self.process = subprocess.Popen(
                self._java("kafka.Kafka", str(self._properties)),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
            )  # fmt: skip
        if not wait_until(lambda: self._has_ended() or accepts(self.port), _START_SECONDS) or self._has_ended():
            raise BrokerError(f"Apache Kafka did not start; it says, in {self._output}: {self._said()}")
        return self.cluster

    def stop(self) -> None:
        """Stop it in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it as a crash does."""
        self._end(signal.SIGKILL)

    def _end(self, kind: signal.Signals) -> None:
        if self.process is not None:
            end(self.process.pid, str(self._properties), kind, _STOP_SECONDS)
            self.process.wait(timeout=10)
            self.process = None

    def _has_ended(self) -> bool:
        return self.process is None or self.process.poll() is not None

    def _run(self, *arguments: str) -> None:
        done = subprocess.run(self._java(*arguments), capture_output=True, text=True, timeout=120, check=False)
        if done.returncode != 0:
            raise BrokerError(f"Apache Kafka's log could not be made: {(done.stdout + done.stderr)[-500:].strip()}")

    def _java(self, *arguments: str) -> list[str]:
        return ["java", *_JAVA, "-cp", f"{install(self.libraries)}/*", *arguments]

    def _said(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")[-500:].strip()

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @property
    def _output(self) -> Path:
        return self.folder / "server.log"


def _cluster_id() -> str:
    """As Kafka writes a UUID: 22 characters of base64."""
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")


def main() -> None:
    """Run a server until it is interrupted."""
    parser = argparse.ArgumentParser(description="Run Apache Kafka on this machine, from Maven's jars.")
    parser.add_argument("folder", type=Path, help="where its log and its jars are kept")
    parser.add_argument("--port", type=int, default=9092)
    given = parser.parse_args()
    stopping = threading.Event()
    server = KafkaServer(given.folder.resolve() / "node", given.folder.resolve(), given.port)
    try:
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, lambda *_: stopping.set())
        server.start()
        print(f"ECHO_KAFKA_BOOTSTRAP={server.cluster.bootstrap}", flush=True)
        stopping.wait()
    except BrokerError as error:
        raise SystemExit(str(error)) from None
    finally:
        server.stop()


if __name__ == "__main__":
    main()
