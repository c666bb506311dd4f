"""Ways to ask a server and to call one from another process; no tests and no fixtures."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from echo_assets.settings import PROJECT

CALL = """
import sys
from echo_assets import server
from echo_assets.settings import Settings
found = server.{function}(Settings.from_environment({{"ECHO_HOME": sys.argv[1]}}))
print(found.url() if hasattr(found, "url") else found)
"""
MEANT_FOR_ANOTHER_SERVER = {
    "PGPASSWORD": "another's",
    "PGHOSTADDR": "127.0.0.9",
    "PGSSLMODE": "require",
    "PGTZ": "Asia/Tokyo",
    "PGOPTIONS": "-c default_transaction_read_only=on",
    "PGSERVICE": "another",
    "PGDATA": "/nowhere",
    "PGPORT": "1",
}


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    """All rows of one statement; what it changed is committed."""
    with psycopg.connect(url) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


def call(function: str, home: Path) -> list[str]:
    """The command that calls one function of the server package in a process of its own."""
    return [sys.executable, "-c", CALL.format(function=function), str(home)]


def environment(**variables: str) -> dict[str, str]:
    """Our environment with the checkout importable from anywhere."""
    return {**os.environ, "PYTHONPATH": str(PROJECT), **variables}


def wait_for(condition: Callable[[], bool]) -> None:
    """Return once the condition holds; half a minute is too long."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "waited for half a minute"
        time.sleep(0.01)


def becoming(account: str) -> list[str] | None:
    """How to become a user; where the interpreter is in a private folder, with the right to read past that."""
    become = ["setpriv", f"--reuid={account}", f"--regid={account}", "--clear-groups"]
    reading = [*become, "--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"]
    for prefix in (become, reading):
        try:
            tried = subprocess.run([*prefix, sys.executable, "-c", ""], cwd="/", capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if tried.returncode == 0:
            return prefix
    return None
