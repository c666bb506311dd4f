"""What `echoctl` says of itself, and what it answers to arguments that it does not know."""

from __future__ import annotations

import pytest
from echoctl import Echoctl

COMMANDS = (
    "up", "down", "env", "psql", "run", "status", "backfill", "prove", "trace", "impact",
    "demo", "discover", "extract", "check-source", "generate", "contract", "quarantine", "replay", "erase",
    "incident", "alert", "quality", "serve",
)  # fmt: skip
CONTRACT_COMMANDS = ("check", "generate", "diff", "migrate")
QUALITY_COMMANDS = ("report", "mutate")
QUARANTINE_COMMANDS = ("list", "show", "export", "waive")


def test_without_arguments_it_lists_its_commands(cold: Echoctl) -> None:
    shown = cold()
    listed = shown.out + shown.err
    assert all(f"  {command} " in listed for command in COMMANDS)


@pytest.mark.parametrize(
    "command",
    [[name] for name in COMMANDS]
    + [["contract", name] for name in CONTRACT_COMMANDS]
    + [["quarantine", name] for name in QUARANTINE_COMMANDS]
    + [["quality", name] for name in QUALITY_COMMANDS],
)
def test_every_command_explains_itself(cold: Echoctl, command: list[str]) -> None:
    shown = cold(*command, "--help")
    assert shown.code == 0
    assert shown.out.startswith(f"Usage: echoctl {' '.join(command)}")
    sentence = shown.out.split("\n\n")[1].strip()
    assert sentence[0].isupper()


@pytest.mark.parametrize(
    "arguments",
    [["nonsense"], ["run", "--nonsense"], ["run", "--max-rejected-share", "2"], ["demo", "--rows", "10"],
     ["generate", "--rows", "0", "--out", "x"], ["generate"], ["contract", "nonsense"]],
)  # fmt: skip
def test_arguments_that_it_does_not_know_are_told_without_a_traceback(cold: Echoctl, arguments: list[str]) -> None:
    told = cold(*arguments)
    assert told.code == 2
    assert "Error: " in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("variable", "value"),
    [("ECHO_DATABASE_URL", "mysql://host/echo"), ("ECHO_TIMEZONE", "Mars/Olympus"), ("ECHO_START_DATE", "yesterday"),
     ("ECHO_MAX_REJECTED_SHARE", "5 %"), ("ECHO_DBT_SUBPROCESS", "perhaps"), ("ECHO_MEMORY_LIMIT_MB", "1"),
     ("ECHO_POSTGRES_PORT", "80")],
)  # fmt: skip
@pytest.mark.parametrize("command", ["run", "status", "up"])
def test_a_bad_setting_is_told_in_one_line(cold: Echoctl, command: str, variable: str, value: str) -> None:
    told = cold(command, **{variable: value})
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert variable in told.err
    assert "expected" in told.err


def test_a_folder_without_contracts_is_told_in_one_line(cold: Echoctl) -> None:
    told = cold("run", ECHO_CONTRACTS=str(cold.folder))
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert f"no contract in {cold.folder}" in told.err


def test_a_contract_that_cannot_be_read_is_told_in_one_line(cold: Echoctl) -> None:
    contracts = cold.folder / "contracts"
    (contracts / "revenue.yaml").mkdir(parents=True)
    told = cold("contract", "check", ECHO_CONTRACTS=str(contracts))
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert str(contracts / "revenue.yaml") in told.err


@pytest.mark.parametrize("command", [["env"], ["psql", "-c", "select 1"], ["contract", "diff"]])
def test_what_needs_the_database_says_how_to_start_it(cold: Echoctl, command: list[str]) -> None:
    told = cold(*command)
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert "Run `echoctl up`" in told.err


def test_status_and_down_are_content_with_a_database_that_is_not_running(cold: Echoctl) -> None:
    shown = cold("status")
    assert (shown.code, shown.out) == (0, "The database is down: start it with `echoctl up`.\n")
    assert cold("status", "--json").document["server"]["running"] is False
    stopped = cold("down")
    assert (stopped.code, stopped.err) == (0, "No embedded database was running.\n")
    assert not cold.home.exists(), "looking makes nothing"
