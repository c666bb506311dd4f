"""`echoctl stream`: a synthetic stream into the warehouse and back out of the tables, and the mistakes one makes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from echoctl import Echoctl, emptied

from echo_assets import server
from echo_assets.settings import Settings
from echo_assets.streaming.brokers import embedded_broker

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def home(home: Echoctl, tmp_path_factory: pytest.TempPathFactory) -> Echoctl:
    """A platform without any data."""
    return emptied(home, tmp_path_factory.mktemp("landing"))


@pytest.fixture(scope="module")
def streamed(home: Echoctl, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Echoctl, dict[str, Any]]]:
    """A platform over which a stream has gone, and the truth of that stream."""
    truth = tmp_path_factory.mktemp("truth") / "truth.json"
    produced = home("stream", "produce", "--events", "400", "--malformed", "0.1", "--truth", str(truth))
    assert produced.code == 0, produced.err
    assert produced.document == json.loads(truth.read_text())
    yield home, produced.document
    embedded_broker(settings_of(home)).down()


def settings_of(home: Echoctl) -> Settings:
    return Settings.from_environment({"ECHO_HOME": str(home.home)})


def rows(home: Echoctl, query: str) -> list[list[str]]:
    found = home("psql", "--csv", "-c", query)
    assert found.code == 0, found.err
    return list(csv.reader(io.StringIO(found.out)))[1:]


def test_before_a_consumer_ran_there_is_nothing_to_show(home: Echoctl) -> None:
    assert "No consumer has ever run here" in home("stream", "status").out
    assert "Every record was an event" in home("stream", "dead-letters", "list").out


def test_a_stream_is_consumed_to_its_end_and_every_figure_is_the_truth(
    streamed: tuple[Echoctl, dict[str, Any]],
) -> None:

    home, truth = streamed
    consumed = home("stream", "consume", "--until-end")
    assert consumed.code == 0, consumed.err
    assert consumed.document == {
        "events": truth["events"], "duplicates": truth["repeated"], "dead_letters": truth["malformed"],
        "late": consumed.document["late"],
    }  # fmt: skip
    assert all(json.loads(line)["logger"] for line in consumed.err.splitlines() if line.startswith("{"))
    assert rows(home, "select sum(revenue), sum(orders) from streaming.revenue_by_minute") == [
        [truth["revenue"], str(truth["orders"])]
    ]
    marked = rows(home, "select distinct source from ops.dirty_days order by 1")
    assert [source for (source,) in marked] == ["customers", "experiment_assignments", "revenue"]
    assert home("stream", "consume", "--until-end", "--alone").document["events"] == 0


def test_status_shows_each_partition_and_what_waits(streamed: tuple[Echoctl, dict[str, Any]]) -> None:
    home, truth = streamed
    found = home("stream", "status", "--json").document
    assert [each["state"] for each in found["partitions"]] == ["stopped"] * 4
    assert [each["lag"] for each in found["partitions"]] == [0] * 4
    assert sum(each["records"] for each in found["dead_letters"]) == truth["malformed"]
    shown = home("stream", "status").out
    assert "partition" in shown
    assert "not_json" in shown


def test_dead_letters_are_listed_without_what_they_hold_and_read_again(
    streamed: tuple[Echoctl, dict[str, Any]],
) -> None:
    home, truth = streamed
    found = home("stream", "dead-letters", "list", "--json").document["dead_letters"]
    assert len(found) == truth["malformed"]
    assert "value" not in found[0]
    assert "value" in home("stream", "dead-letters", "list", "--json", "--personal").document["dead_letters"][0]
    assert "not_json" in home("stream", "dead-letters", "list", "--reason", "not_json").out
    again = home("stream", "dead-letters", "replay", "--all")
    assert again.code == 1
    assert f"{truth['malformed']} are no events today either" in again.err
    event = {
        "specversion": "1.0", "id": "mended", "source": "/t", "type": "echo.signup.v1", "time": "2026-05-04T10:00:00Z",
        "data": {"customer_id": "C1"},
    }  # fmt: skip
    number = found[0]["dead_letter_id"]
    with psycopg.connect(server.databases(settings_of(home)).url()) as connection:
        connection.execute(
            "update streaming.dead_letters set value = %s where dead_letter_id = %s", [json.dumps(event), number]
        )
    mended = home("stream", "dead-letters", "replay", str(number))
    assert (mended.code, mended.out) == (0, "1 written, 0 had come otherwise\n")
    assert rows(home, "select event_type from streaming.user_events where event_id = 'mended'") == [["signup"]]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("produce", "--start", "yesterday"), "--start='yesterday'"),
        (("consume", "--partitions", "one"), "numbers separated by commas"),
        (("consume", "--group", "--partitions", "0"), "in a group, the group says which"),
        (("dead-letters", "replay"), "numbers, --reason or --all"),
        (("dead-letters", "list", "--reason", "bad"), "not_json"),
        (("dead-letters", "list", "--status", "bad"), "open or replayed"),
    ],
)
def test_a_mistake_is_told_in_one_line(home: Echoctl, arguments: tuple[str, ...], told: str) -> None:
    outcome = home("stream", *arguments)
    assert outcome.code == 2
    assert outcome.is_one_message(), outcome.err
    assert told in outcome.err


def test_a_broker_that_is_not_there_is_named(home: Echoctl) -> None:
    outcome = home("stream", "produce", "--events", "1", ECHO_KAFKA_BOOTSTRAP="127.0.0.1:1")
    assert outcome.code == 2
    assert outcome.is_one_message(), outcome.err
    assert "127.0.0.1:1 cannot be used" in outcome.err


def test_down_stops_the_embedded_broker_as_well(cold: Echoctl, tmp_path: Path) -> None:
    nobody = Echoctl(tmp_path / "home", tmp_path / "landing", cold.folder)
    embedded_broker(settings_of(nobody)).up()
    assert "The broker is stopped" in nobody("down").err
    assert embedded_broker(settings_of(nobody)).running() is None
