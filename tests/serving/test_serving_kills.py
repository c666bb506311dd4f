"""Kill -9 under load, few times; `benchmarks/serving_kills.py` does it twenty times."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from kills import REQUESTS, Arena, Victim, arena

from echo_assets.settings import Settings

pytestmark = [pytest.mark.database, pytest.mark.slow]


@pytest.fixture(scope="module")
def place() -> Iterator[Arena]:
    """A server of its own, which may die."""
    folder = Path(tempfile.mkdtemp(prefix="echo-test-"))
    folder.chmod(0o755)
    try:
        with arena(Settings.from_environment({"ECHO_HOME": f"{folder}/home"})) as made:
            yield made
    finally:
        shutil.rmtree(folder)


@pytest.mark.parametrize(("round_number", "victim"), [(1, "database"), (2, "serving"), (3, "database")])
def test_every_answer_is_a_503_or_equal_to_the_primary_key_select(
    place: Arena, round_number: int, victim: Victim
) -> None:
    found = place.kill(victim, round_number)
    assert found.wrong == []
    assert sum(found.outcomes.values()) == REQUESTS
    assert found.outcomes["equal"] > 0
    assert found.outcomes["503"] + found.outcomes["no connection"] > 0, "the kill was not felt"
