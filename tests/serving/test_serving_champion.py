"""The champion is exchanged without a pause: the old one answers until the new one has predicted."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any

import pytest
from served_model import INPUTS, Registry, formula
from served_warehouse import NOW

from echo_ml.serving.champion import Champion, LoadedModel
from echo_ml.serving.problems import Unavailable

ROW: dict[str, Any] = {"orders_last_30d": 1, "recency_days": 2, "lifetime_avg_order_value": 3}


def champion_of(registry: Registry) -> Champion:
    champion = Champion(registry, INPUTS, lambda: NOW)
    champion.look()
    return champion


def test_nothing_answers_before_the_first_look_and_then_the_champion_does() -> None:
    champion = Champion(Registry(), INPUTS, lambda: NOW)
    assert not champion.is_settled
    with pytest.raises(Unavailable, match="is being loaded"):
        champion.model()
    champion.look()
    assert (champion.model().version, champion.is_settled, champion.state.loaded_at) == ("1", True, NOW)


def test_a_moved_alias_exchanges_the_model_once() -> None:
    registry = Registry()
    champion = champion_of(registry)
    registry.version = "2"
    champion.look()
    champion.look()
    assert (champion.model().version, registry.loads) == ("2", ["1", "2"])


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        (ValueError("secret"), "ValueError"),
        (LoadedModel("m", "2", "r", ("unheard_of",), formula("2")), "not declared: unheard_of"),
        (LoadedModel("m", "2", "r", INPUTS, lambda rows: [7.0 for _ in rows]), "one probability"),
        (LoadedModel("m", "2", "r", INPUTS, lambda rows: [float("nan") for _ in rows]), "one probability"),
        (LoadedModel("m", "2", "r", INPUTS, lambda rows: [1 / 0 for _ in rows]), "ZeroDivisionError"),
    ],
)
def test_a_version_that_cannot_be_served_leaves_the_old_one_answering_and_is_told(broken: Any, says: str) -> None:
    registry = Registry()
    champion = champion_of(registry)
    registry.version, registry.broken = "2", {"2": broken}
    champion.look()
    assert (champion.model().version, champion.state.wanted, champion.state.failures) == ("1", "2", 1)
    assert says in (champion.state.error or "")
    assert "secret" not in (champion.state.error or "")
    champion.look()
    assert registry.loads == ["1", "2"], "it is not tried again at once"
    registry.version = "3"
    champion.look()
    assert (champion.model().version, champion.state.error, champion.state.failures) == ("3", None, 0)


def test_a_registry_that_is_away_leaves_the_old_one_answering() -> None:
    registry = Registry()
    champion = champion_of(registry)
    registry.away = OSError("gone")
    champion.look()
    assert (champion.model().version, champion.state.error) == ("1", "OSError")
    registry.away = None
    champion.look()
    assert champion.state.error is None


def test_without_any_model_a_failure_is_told_to_who_asks() -> None:
    champion = champion_of(Registry(away=OSError("gone")))
    assert not champion.is_settled
    with pytest.raises(Unavailable, match="/health says why"):
        champion.model()


def test_a_withdrawn_champion_answers_no_longer() -> None:
    registry = Registry()
    champion = champion_of(registry)
    registry.version = None
    champion.look()
    assert champion.is_settled
    with pytest.raises(Unavailable, match="no version"):
        champion.model()


def test_the_old_model_answers_all_the_while_the_new_one_loads() -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Slow(Registry):
        def load(self, version: str) -> LoadedModel:
            if version == "2":
                begun.set()
                assert go_on.wait(30)
            return super().load(version)

    registry = Slow()
    champion = champion_of(registry)
    registry.version = "2"
    looking = threading.Thread(target=champion.look)
    looking.start()
    assert begun.wait(30)
    during = [champion.model() for _ in range(100)]
    go_on.set()
    looking.join(30)
    assert {model.version for model in during} == {"1"}
    assert champion.model().version == "2"
    assert champion.model().predict([ROW]) == formula("2")([ROW]) != during[0].predict([ROW])


def test_a_version_may_ask_for_fewer_features_than_there_are() -> None:
    few = replace(Registry().load("2"), inputs=INPUTS[:1], predict=lambda rows: [0.5 for _ in rows])
    assert champion_of(Registry(version="2", broken={"2": few})).model().inputs == INPUTS[:1]
