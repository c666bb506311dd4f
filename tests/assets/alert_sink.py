"""A local HTTP sink for alerts, which remembers what it was sent, and a database that holds the ledger alone."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from typing import Any

import psycopg

from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_assets.sources import Sources

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
            """Say nothing of each request."""

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.port = listening.server_port
    thread = threading.Thread(target=listening.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield found
    listening.shutdown()
    listening.server_close()
    thread.join()


@contextmanager
def ledger_alone(databases: Databases, name: str) -> Iterator[psycopg.Connection[Any]]:
    """A database of that name with the tables of `ops` and no others; it is gone when the block ends."""
    place = replace(databases, warehouse=name)
    with psycopg.connect(databases.url(), autocommit=True) as admin:
        admin.execute(f"drop database if exists {name}".encode())
        admin.execute(f"create database {name} template template0".encode())
        with psycopg.connect(place.url(), autocommit=True) as connection:
            connection.execute(files("echo_quality").joinpath("ledger.sql").read_text(encoding="utf-8").encode())
            yield connection
        admin.execute(f"drop database {name} with (force)".encode())


class SourcesOver(Sources):
    """The sources of an installation whose warehouse is where a connection leads."""

    def __init__(self, settings: Settings, clock: Callable[[], datetime], there: psycopg.Connection[Any]) -> None:
        super().__init__(settings, clock)
        object.__setattr__(self, "there", there.info.dsn)

    def url(self, *, read_only: bool = False) -> str:
        return str(self.there)  # type: ignore[attr-defined]
