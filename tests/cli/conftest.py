"""The command line over a home of its own, started by `echoctl up` as a user would start it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import dagster as dg
import pytest
from echoctl import Echoctl, emptied
from unsynced import leave_unsynced

from echo_assets import server
from echo_assets.settings import Settings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts a server."""
    for item in items:
        if "home" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.database)


@pytest.fixture(scope="session")
def place() -> Iterator[Path]:
    """A folder that everyone may enter, root's server account included."""
    folder = Path(tempfile.mkdtemp(prefix="echoctl-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in [name for name in os.environ if name.startswith("ECHO_")]:
        monkeypatch.delenv(variable)


@pytest.fixture(scope="session", autouse=True)
def _definitions_are_built_once() -> Iterator[None]:
    """Commands of one process share the definitions of the same settings and contracts, which are the same ones."""
    from echo_assets import definitions

    @cache
    def built(settings: Settings, _contracts: object) -> dg.Definitions:
        return build(settings)

    def known(settings: Settings) -> dg.Definitions:
        files = sorted(settings.contracts.glob("*.yaml"))
        return built(settings, tuple((path.name, path.stat().st_mtime_ns) for path in files))

    build = definitions.build
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(definitions, "build", known)
        yield


@pytest.fixture(scope="session")
def cold(place: Path) -> Echoctl:
    """A home in which nothing was ever started."""
    (place / "work").mkdir()
    return Echoctl(place / "cold", place / "nowhere", place / "work")


@pytest.fixture(scope="session")
def home(place: Path, cold: Echoctl) -> Iterator[Echoctl]:
    """A home whose database is up; it is stopped at the end."""
    echoctl = replace(cold, home=place / "home", landing=place / "landing")
    started = echoctl("up")
    assert started.code == 0, started.err
    settings = Settings.from_environment({"ECHO_HOME": str(echoctl.home)})
    leave_unsynced(settings, server.databases(settings))
    yield echoctl
    assert "The database is stopped." in echoctl("down").err


@pytest.fixture(scope="module")
def fresh(home: Echoctl, tmp_path_factory: pytest.TempPathFactory) -> Echoctl:
    """The same server with new empty databases, and a landing folder of its own."""
    return emptied(home, tmp_path_factory.mktemp("landing"))
