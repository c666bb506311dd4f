"""A consumer process to be killed: URL BOOTSTRAP TOPIC static|group. Ends with 3 when it is fenced; no tests."""

from __future__ import annotations

import signal
import sys

from echo_streaming.brokers.cluster import Cluster
from echo_streaming.consumer.loop import StreamConsumer
from echo_streaming.consumer.offsets import Fenced
from echo_streaming.consumer.sink import Sink
from echo_streaming.consumer.terms import Terms
from echo_streaming.logs import log_as_json

FENCED = 3


def main(url: str, bootstrap: str, topic: str, mode: str) -> int:
    """Consume until SIGTERM."""
    log_as_json()
    terms = Terms(topic, "crash", flush_events=1000, flush_age=0.1, heartbeat=0.2, lock_timeout=1.0, frozen_after=2.0)
    consumer = StreamConsumer(Cluster(bootstrap), url, Sink(terms), in_group=mode == "group")
    signal.signal(signal.SIGTERM, lambda *_: consumer.stopping.set())
    try:
        consumer.run()
    except Fenced as fenced:
        print(fenced, file=sys.stderr)
        return FENCED
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
