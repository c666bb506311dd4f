"""A step is green only if everything that was asked for has happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from echo_assets.dbt.outcome import Outcome

LOG = Path("dbt.log")
MODEL, OTHER = dg.AssetKey(["core", "model"]), dg.AssetKey(["core", "other"])
CHECK = dg.AssetCheckKey(MODEL, "model_id_unique")


def problem(message: str) -> dict[str, Any]:
    return {"info": {"name": "RunResultError"}, "data": {"msg": message, "node_info": {"node_name": "model"}}}


def test_a_step_that_did_everything_passes() -> None:
    outcome = Outcome([MODEL], [CHECK])
    outcome.seen(dg.Output(None, output_name="core__model"))
    with pytest.raises(dg.Failure, match=CHECK.name):
        outcome.raise_unless_complete(LOG, retry_number=0)
    outcome.seen(dg.AssetCheckResult(passed=False, asset_key=MODEL, check_name=CHECK.name))
    outcome.raise_unless_complete(LOG, retry_number=0)


def test_an_asset_that_was_silently_skipped_is_a_failure() -> None:
    outcome = Outcome([MODEL, OTHER], [])
    outcome.seen(dg.Output(None, output_name="core__model"))
    with pytest.raises(dg.Failure) as caught:
        outcome.raise_unless_complete(LOG, retry_number=0)
    assert caught.value.description == (
        "dbt reported success, but not for everything it was asked to do.\n\nNot built: core/other"
    )


def test_a_check_that_was_silently_skipped_is_a_failure() -> None:
    with pytest.raises(dg.Failure) as caught:
        Outcome([], [CHECK]).raise_unless_complete(LOG, retry_number=0)
    assert "Not tested: core/model: model_id_unique" in str(caught.value.description)


def test_a_command_that_failed_fails_the_step_even_if_every_node_was_reported() -> None:
    outcome = Outcome([], [])
    outcome.ended_badly("on-run-end failed")
    with pytest.raises(dg.Failure, match="on-run-end failed"):
        outcome.raise_unless_complete(LOG, retry_number=0)


def test_what_may_pass_by_itself_is_tried_again_later_and_later_and_then_reported() -> None:
    outcome = Outcome([MODEL], [])
    outcome.note(problem("Database Error: deadlock detected"))
    delays = []
    for attempt in range(2):
        with pytest.raises(dg.RetryRequested) as again:
            outcome.raise_unless_complete(LOG, retry_number=attempt)
        delays.append(again.value.seconds_to_wait)
    assert delays == [5, 10]
    with pytest.raises(dg.Failure, match="deadlock detected"):
        outcome.raise_unless_complete(LOG, retry_number=2)


def test_wrong_sql_is_not_tried_again() -> None:
    outcome = Outcome([MODEL], [])
    outcome.note(problem('column "amount" does not exist'))
    with pytest.raises(dg.Failure, match='model: column "amount" does not exist'):
        outcome.raise_unless_complete(LOG, retry_number=0)
