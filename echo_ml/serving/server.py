"""Running the API: one process with uvicorn, until it is told to end."""

from __future__ import annotations

import json
import logging
import socket
import sys
from contextlib import suppress
from typing import Any

from echo_ml.serving.gate.answering import App

CONNECTIONS = 200
"""Connections at once; the next ones are answered with 503 without further ado."""
KEEP_SECONDS, END_SECONDS = 30, 10


class NotSafe(RuntimeError):
    """The server would be open to everybody; the message says what to set."""


def require_keys(host: str, keys: tuple[str, ...]) -> None:
    """Refuse an address that others can reach unless keys are asked for."""
    if not keys and host not in ("127.0.0.1", "::1"):
        raise NotSafe(
            f"ECHO_SERVE_HOST={host!r}: without ECHO_API_KEYS the API listens on 127.0.0.1 or ::1 only. "
            'Set a key, such as ECHO_API_KEYS="$(openssl rand -hex 24)".'
        )


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; OSError if that cannot be."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=CONNECTIONS)


def run(app: App, listener: socket.socket) -> None:
    """Serve until SIGTERM or SIGINT; requests that are under way are answered first."""
    import uvicorn

    log_to_stdout()
    config = uvicorn.Config(
        app, log_config=None, access_log=False, proxy_headers=False, server_header=False, http="h11",
        limit_concurrency=CONNECTIONS, timeout_keep_alive=KEEP_SECONDS, timeout_graceful_shutdown=END_SECONDS,
        h11_max_incomplete_event_size=16_384,
    )  # fmt: skip
    with listener, suppress(KeyboardInterrupt):  # uvicorn ends in order, and then raises what it was told to end by
        uvicorn.Server(config).run(sockets=[listener])


def url_of(host: str, port: int) -> str:
    """Where a person finds it."""
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def log_to_stdout() -> None:
    """Access lines as they are, everything else as JSON lines of the same kind."""
    plain, told = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stdout)
    plain.setFormatter(logging.Formatter("%(message)s"))
    told.setFormatter(_Lines())
    access = logging.getLogger("echo.serving.access")
    access.handlers, access.propagate = [plain], False
    access.setLevel(logging.INFO)
    for name in ("uvicorn", "echo_ml.serving"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [told], False
        logger.setLevel(logging.INFO)


class _Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """One line of JSON."""
        line: dict[str, Any] = {
            "at": self.formatTime(record), "level": record.levelname, "from": record.name, "says": record.getMessage(),
        }  # fmt: skip
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line)
