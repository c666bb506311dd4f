"""A real Redis for tests: a server of its own on a free port, where one is installed. No tests."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

import pytest

PASSWORD = "a=b:c/d@e"


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Its URL; where no server is installed the test is skipped, but in CI, which installs one, it fails."""
    binary = shutil.which("redis-server")
    if binary is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("redis-server is not installed; .ci/run installs it")
    port = _free_port()
    options = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--requirepass",
        PASSWORD,
        "--dir",
        str(folder),
    ]
    with subprocess.Popen([str(binary), *options], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ready = any("Ready to accept connections" in line for line in server.stdout)  # ends when the server does
        try:
            assert ready, "redis-server ended before it was ready"
            yield f"redis://:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/1"
        finally:
            server.terminate()


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
