"""A local HTTP sink for alerts: a real server on the loopback, which remembers what it was sent."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRET = "hunter2"


@dataclass
class Sink:
    """What arrived, and how the sink answers."""

    port: int = 0
    status: int = 200
    arrived: list[dict[str, Any]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"json://user:{SECRET}@127.0.0.1:{self.port}/{SECRET}"

    @property
    def titles(self) -> list[str]:
        return [message["title"] for message in self.arrived]


@contextmanager
def listening_sink() -> Iterator[Sink]:
    """A sink that listens until the block ends."""
    found = Sink()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if found.status == 200:
                found.arrived.append(json.loads(body))
            self.send_response(found.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    listening.shutdown()
    listening.server_close()
    thread.join()
