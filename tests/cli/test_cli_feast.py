"""`echoctl env` and the `feast` command from the root of the project: it applies and lists what is declared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from echoctl import Echoctl

from echo_assets import server
from echo_assets.features.places import declared_views
from echo_assets.settings import PROJECT, Settings

pytestmark = pytest.mark.slow


REPOSITORY = ("-c", "echo_ml/features")


@pytest.fixture(scope="module")
def exported(fresh: Echoctl) -> dict[str, str]:
    """The environment that `eval "$(echoctl env)"` leaves behind."""
    lines = [shlex.split(line) for line in fresh("env").out.splitlines()]
    assert all(word == "export" for word, _ in lines)
    return {**os.environ, **dict(assignment.split("=", 1) for _, assignment in lines)}


@pytest.fixture(scope="module")
def tables(fresh: Echoctl) -> None:
    """Tables with the columns of each view, which Feast looks at when it applies; nothing need be in them."""
    databases = server.databases(Settings.from_environment({"ECHO_HOME": str(fresh.home)}))
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        connection.execute("create schema if not exists features; create schema if not exists core")
        for view in declared_views():
            if view.query is None:
                features = ", ".join(f"{feature.name} {feature.sql_type}" for feature in view.features)
                times = "snapshot_date date, event_timestamp timestamptz"
                connection.execute(f"create table {view.table} ({view.key} text, {times}, {features})".encode())
        connection.execute("create table core.dim_experiment (experiment_key bigint, unit text)")
        exposed = "experiment_key bigint, user_id text, assigned_at timestamptz"
        connection.execute(f"create table core.fact_experiments ({exposed})".encode())


def feast(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [str(Path(sys.executable).with_name("feast")), *REPOSITORY, *arguments]
    return subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("tables")
def test_feast_applies_and_lists_every_view_from_the_root(exported: dict[str, str]) -> None:
    applied = feast(exported, "apply")
    assert applied.returncode == 0, applied.stderr
    listed = feast(exported, "feature-views", "list")
    assert listed.returncode == 0, listed.stderr
    names = re.findall(r"^(\w+) +\{", listed.stdout, re.MULTILINE)
    assert set(names) == {view.name for view in declared_views()} | {"order_recency"}


def test_only_the_repository_file_is_read_by_feast_and_it_is_there() -> None:
    ignored = (PROJECT / "echo_ml" / "features" / ".feastignore").read_text(encoding="utf-8")
    patterns = [line for line in ignored.splitlines() if line and not line.startswith("#")]
    folder = PROJECT / "echo_ml" / "features"
    left_out = {path for pattern in patterns for path in folder.glob(pattern)}
    read = [path.name for path in folder.glob("*.py") if path not in left_out and path.name != "__init__.py"]
    assert read == ["repo.py"]
    assert {path.name for path in folder.iterdir() if path.is_dir()} <= {path.name for path in left_out}
