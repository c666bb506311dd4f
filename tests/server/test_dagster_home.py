"""DAGSTER_HOME and .env as `echoctl up` leaves them, and plain Dagster commands that find the platform through them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from server_processes import environment

from echo_assets import server
from echo_assets.server.dagster_home import point_dotenv, render
from echo_assets.settings import PROJECT, Settings

DATABASES = server.Databases("127.0.0.1", 54321, Path("/srv/echo/postgres/passfile"))
DEFINITIONS = """
import dagster as dg

@dg.asset
def one() -> None: ...

defs = dg.Definitions([one])
"""


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """Settings that point into a temporary folder; no server."""
    return Settings.from_environment({"ECHO_HOME": str(tmp_path / "home")})


def test_the_rendered_file_is_the_template_with_the_url_and_no_password(home: Settings) -> None:
    rendered = yaml.safe_load(render(home, DATABASES).read_text(encoding="utf-8"))
    url = rendered["storage"]["custom"]["config"].pop("postgres_url")
    template = yaml.safe_load((PROJECT / "dagster.yaml").read_text(encoding="utf-8"))
    assert template["storage"]["custom"]["config"].pop("postgres_url") == {"env": "ECHO_DAGSTER_DATABASE_URL"}
    assert url == "postgresql://echo@127.0.0.1:54321/dagster?passfile=/srv/echo/postgres/passfile"
    assert rendered == template
    assert rendered["telemetry"] == {"enabled": False}


def test_rendering_again_follows_a_new_port_and_otherwise_touches_nothing(home: Settings) -> None:
    path = render(home, DATABASES)
    before = path.stat()
    assert render(home, DATABASES).stat().st_mtime_ns == before.st_mtime_ns
    assert ":54322/" in render(home, replace(DATABASES, port=54322)).read_text(encoding="utf-8")


def test_a_template_without_a_place_for_the_url_is_refused(home: Settings, tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n", encoding="utf-8")
    with pytest.raises(server.ServerError, match="ECHO_DAGSTER_DATABASE_URL"):
        render(home, DATABASES, tmp_path / "dagster.yaml")


def test_dotenv_is_made_with_nothing_but_dagster_home_and_stays_as_it_is(home: Settings, tmp_path: Path) -> None:
    assert point_dotenv(home, tmp_path) is None
    text = (tmp_path / ".env").read_text(encoding="utf-8")
    assert text.splitlines()[1:2] == [f"DAGSTER_HOME={home.dagster_home}"]
    assert [line for line in text.splitlines() if not line.startswith("#")] == text.splitlines()[1:2]
    assert point_dotenv(home, tmp_path) is None
    assert (tmp_path / ".env").read_text(encoding="utf-8") == text


def test_dotenv_keeps_the_users_lines_and_our_block_follows_the_home(home: Settings, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text("SECRET=1", encoding="utf-8")
    path.chmod(0o600)
    assert point_dotenv(replace(home, home=Path("/somewhere/else")), tmp_path) is None
    path.write_text(f"{path.read_text(encoding='utf-8')}AFTER=2\n", encoding="utf-8")
    assert point_dotenv(home, tmp_path) is None
    lines = path.read_text(encoding="utf-8").splitlines()
    assert (lines[0], lines[-1]) == ("SECRET=1", "AFTER=2")
    assert [line for line in lines if "DAGSTER_HOME" in line] == [f"DAGSTER_HOME={home.dagster_home}"]
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["DAGSTER_HOME=/mine", "export DAGSTER_HOME = '/mine'"])
def test_a_dagster_home_that_the_user_wrote_is_left_alone_and_pointed_out(
    home: Settings, tmp_path: Path, line: str
) -> None:
    (tmp_path / ".env").write_text(f"{line}\n", encoding="utf-8")
    said = point_dotenv(home, tmp_path)
    assert said is not None
    assert "/mine" in said
    assert f"DAGSTER_HOME={home.dagster_home}" in said
    assert (tmp_path / ".env").read_text(encoding="utf-8") == f"{line}\n"


def test_the_users_own_line_with_the_right_folder_needs_no_word(home: Settings, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text(f'DAGSTER_HOME="{home.dagster_home}"\n', encoding="utf-8")
    assert point_dotenv(home, tmp_path) is None
    assert (tmp_path / ".env").read_text(encoding="utf-8").count("DAGSTER_HOME") == 1


def test_plain_dagster_commands_use_the_platforms_storage_from_dotenv(
    databases: server.Databases, settings: Settings, tmp_path: Path
) -> None:
    odd = replace(settings, home=tmp_path / "a home with spaces")
    render(odd, databases)
    point_dotenv(odd, tmp_path)
    (tmp_path / "small_definitions.py").write_text(DEFINITIONS, encoding="utf-8")
    plain = {name: value for name, value in environment().items() if name != "DAGSTER_HOME"}

    def dagster(*arguments: str) -> str:
        command = [sys.executable, "-m", "dagster", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=plain, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr

    shown = dagster("instance", "info")
    assert f"$DAGSTER_HOME: {odd.dagster_home}" in shown
    assert "PooledRunStorage" in shown
    assert "Validation successful" in dagster("definitions", "validate", "-m", "small_definitions")
