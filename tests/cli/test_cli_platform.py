"""`echoctl up`, `status`, `env` and `contract`, over a database that is up and has no data yet."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from echoctl import Echoctl

from echo_assets import server
from echo_assets.cli import contract
from echo_assets.settings import Settings

pytestmark = pytest.mark.slow


@pytest.fixture
def owner(fresh: Echoctl) -> Iterator[psycopg.Connection]:
    """The owner's connection to the warehouse."""
    databases = server.databases(Settings.from_environment({"ECHO_HOME": str(fresh.home)}))
    with psycopg.connect(databases.url(), autocommit=True) as connection:
        yield connection


def test_up_can_be_repeated_and_tells_a_url_without_a_password(fresh: Echoctl) -> None:
    again = fresh("up")
    assert (again.code, again.out) == (0, "")
    assert "The database is up: postgresql://echo@127.0.0.1:" in again.err
    passfile = fresh.home / "postgres" / "passfile"
    assert stat.S_IMODE(passfile.stat().st_mode) == 0o600
    passwords = [line.split(":")[-1] for line in passfile.read_text().splitlines()]
    assert not any(password in again.err for password in passwords)


def test_up_writes_the_place_of_dagster_where_dagster_is_started_and_nowhere_else(fresh: Echoctl) -> None:
    assert not (fresh.folder / ".env").exists()
    (fresh.folder / "workspace.yaml").write_text("load_from: []\n")
    assert fresh("up").code == 0
    assert f"DAGSTER_HOME={fresh.home}/dagster" in (fresh.folder / ".env").read_text()
    (fresh.folder / "workspace.yaml").unlink()
    (fresh.folder / ".env").unlink()


def test_env_prints_exports_for_a_shell(fresh: Echoctl) -> None:
    shown = fresh("env")
    assert shown.code == 0
    names = [line.removeprefix("export ").split("=")[0] for line in shown.out.splitlines()]
    assert {"DAGSTER_HOME", "ECHO_DBT_HOST", "ECHO_DBT_PORT", "DBT_ENV_SECRET_ECHO_PASSWORD"} <= set(names)


def test_status_tells_what_is_up_and_what_is_to_be_built(fresh: Echoctl) -> None:
    shown = fresh("status")
    assert shown.code == 0
    assert shown.out.startswith("PostgreSQL ")
    assert "To build: first build of" in shown.out
    assert "Checks: 0 green, 0 warnings, 0 red (0 blocking)" in shown.out


def test_status_as_json_says_the_same(fresh: Echoctl) -> None:
    state = fresh("status", "--json").document
    assert state["server"]["running"] is True
    assert state["landing"] == str(fresh.landing)
    assert (state["sources"], state["blocked"]) == ([], [])
    assert state["checks"]["failed"] == 0
    assert [step.split(" of ")[0] for step in state["to_build"]] == ["first build"] * 2, "of models, then of snapshots"


def test_contracts_whose_generated_files_are_out_of_date_are_told_by_file(
    cold: Echoctl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "PROJECT", tmp_path)
    written = cold("contract", "generate")
    assert written.code == 0
    assert "written: echo_quality/generated/revenue/suite.json" in written.out
    assert cold("contract", "check").code == 0
    assert "Nothing to write" in cold("contract", "generate").out
    with (tmp_path / "docs" / "data_dictionary.md").open("a") as page:
        page.write("by hand\n")
    drifted = cold("contract", "check")
    assert drifted.code == 1
    assert drifted.err == (
        "docs/data_dictionary.md is not what the contracts say: run `echoctl contract generate` and commit the result\n"
    )


def test_a_table_without_a_column_is_told_and_mended(fresh: Echoctl, owner: psycopg.Connection) -> None:
    assert fresh("contract", "diff").out == "The tables are what the contracts say.\n"
    owner.execute("alter table staging.revenue drop column payment_method")
    told = fresh("contract", "diff").out
    assert 'staging."revenue": payment_method is missing (addition)' in told
    assert 'alter table staging."revenue" add column "payment_method" text' in told
    assert "payment_method is missing; done: " in fresh("contract", "migrate").err
    assert fresh("contract", "diff").out == "The tables are what the contracts say.\n"


def test_a_table_that_is_missing_is_told_and_made(fresh: Echoctl, owner: psycopg.Connection) -> None:
    owner.execute("drop table quarantine.products")
    assert "the whole table is missing" in fresh("contract", "diff").out
    assert fresh("contract", "migrate", "--quiet").code == 0
    assert fresh("contract", "diff").out == "The tables are what the contracts say.\n"


def test_what_is_no_addition_is_refused_with_the_statement_that_it_takes(
    fresh: Echoctl, owner: psycopg.Connection
) -> None:
    owner.execute("alter table staging.marketing alter column leads type numeric")
    refused = fresh("contract", "migrate")
    assert refused.code == 2
    assert "leads is numeric, not bigint" in refused.err
    assert 'alter column "leads" type bigint' in refused.err
    assert "Traceback" not in refused.err
    assert fresh("run").code == 2, "nothing runs on tables that are not the contracts'"
    owner.execute("alter table staging.marketing alter column leads type bigint")
    assert fresh("contract", "migrate").code == 0


def test_a_database_without_our_tables_is_told(fresh: Echoctl, owner: psycopg.Connection) -> None:
    owner.execute("alter schema ops rename to away")
    told = fresh("status")
    owner.execute("alter schema away rename to ops")
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert "Run `echoctl up`" in told.err


def test_a_home_without_dagsters_settings_is_told(fresh: Echoctl) -> None:
    shutil.move(fresh.home / "dagster", fresh.home / "away")
    told = fresh("status")
    shutil.move(fresh.home / "away", fresh.home / "dagster")
    assert told.code == 2
    assert told.is_one_message(), told.err
