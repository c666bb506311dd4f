"""Servers of a test's own, for tests that stop, kill or damage one; and how to be another user."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server_processes import becoming, environment, query

from echo_assets import server
from echo_assets.server.postmaster import superuser_connection
from echo_assets.settings import Settings


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that any account may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def own(reachable: Path) -> Iterator[Settings]:
    """Settings of a home that does not exist yet; its server, if the test starts one, is stopped."""
    settings = Settings.from_environment({"ECHO_HOME": str(reachable / "home")})
    yield settings
    server.down(settings)


@pytest.fixture(scope="session")
def kept_home() -> Iterator[Settings]:
    """A home with a cluster that tests may ill-treat, one for all of them; reach it through ``kept``."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)
    settings = Settings.from_environment({"ECHO_HOME": str(folder / "home")})
    found = server.up(settings)
    query(found.url(), "create table kept as select 42 as answer")
    with superuser_connection(found.port, settings.postgres_home / "superuser_passfile") as connection:
        connection.execute("alter system set fsync = off")  # tests end processes, not power supplies
        connection.execute("select pg_reload_conf()")
    yield settings
    server.down(settings)
    shutil.rmtree(folder)


@pytest.fixture
def kept(kept_home: Settings) -> Settings:
    """That server, up again whatever the last test did to it; its table ``kept`` holds 42."""
    server.up(kept_home)
    return kept_home


@pytest.fixture
def as_ordinary_user() -> Callable[[list[str]], subprocess.CompletedProcess[str]]:
    """Run a command as the user ``daemon``; skipped where we are an ordinary user already or cannot become one."""
    if os.geteuid() != 0:
        pytest.skip("the whole suite runs as an ordinary user here")
    prefix = becoming("daemon")
    if prefix is None:
        pytest.skip("no ordinary user can reach this interpreter")

    def run(command: list[str]) -> subprocess.CompletedProcess[str]:
        variables = environment(HOME="/nonexistent")
        return subprocess.run([*prefix, *command], env=variables, cwd="/", capture_output=True, text=True, check=False)

    return run
