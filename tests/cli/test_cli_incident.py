"""`echoctl incident` and `echoctl alert`: what is told, what is kept, and mistakes in one line."""

from __future__ import annotations

import pytest
from echoctl import Echoctl

pytestmark = pytest.mark.slow


def test_an_incident_is_declared_listed_and_closed(home: Echoctl) -> None:
    assert home("incident", "list").out == "No incident was declared.\n"
    declared = home("incident", "add", "revenue", "2024-03-05..", "--reason", "the till was broken")
    assert (declared.code, declared.out) == (0, "incident 1: revenue from 2024-03-05 on\n")
    [_, _, row] = home("incident", "list").out.splitlines()
    assert row.split() == ["1", "revenue", "2024-03-05", "goes", "on", "the", "till", "was", "broken"]
    assert home("incident", "close", "1", "2024-03-08").out == "incident 1: revenue from 2024-03-05 to 2024-03-08\n"
    assert "2024-03-08" in home("incident", "list").out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["add", "sales", "2024-03-05", "--reason", "x"], "there is no source 'sales'; there are customers, "),
        (["add", "revenue", "yesterday", "--reason", "x"], "'yesterday' is no day: write it as 2024-03-05"),
        (["add", "revenue", "2024-03-05..2024-03-01", "--reason", "x"], "ends before it begins"),
        (["add", "revenue", "2024-03-05", "--reason", " "], "needs a reason"),
        (["close", "999", "2024-03-05"], "there is no incident 999"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_declares_nothing(home: Echoctl, arguments: list[str], said: str) -> None:
    before = home("incident", "list").out
    told = home("incident", *arguments)
    assert told.code == 2
    assert told.is_one_message(), told.err
    assert said in told.err
    assert home("incident", "list").out == before


def test_without_an_address_alerts_stay_here(cold: Echoctl) -> None:
    assert cold("alert").out == "ECHO_ALERT_URL is not set: alerts stay in ops.alerts and in the log.\n"


def test_a_service_that_takes_no_message_is_named_without_its_address(cold: Echoctl) -> None:
    told = cold("alert", ECHO_ALERT_URL="json://user:hunter2@127.0.0.1:1/hunter2, hunter2")
    assert told.code == 1
    assert told.out == "1 json: cannot be reached\n"
    assert "hunter2" not in told.err
