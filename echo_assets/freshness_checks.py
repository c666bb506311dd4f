"""Asking the checks of freshness by the clock: they turn red when nothing happens, so that no load would ask them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.streaming.checks import CHECKS
from echo_quality.freshness import BY_EVENT_TIME, BY_LOAD_TIME

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

FRESHNESS = (BY_LOAD_TIME, BY_EVENT_TIME)
_BY_WAITING = {*FRESHNESS, *(check.name for check in CHECKS if check.alive)}


def freshness_job(checks: Sequence[dg.AssetChecksDefinition]) -> UnresolvedAssetJobDefinition:
    """`freshness_job`: ask how old the newest load and event of each source are, and whether the stream is consumed."""
    keys = [key for step in checks for key in step.check_keys if key.name in _BY_WAITING]
    return dg.define_asset_job(
        "freshness_job",
        selection=dg.AssetSelection.checks(*keys),
        description="How old the newest load and event of each source are, and whether the stream is consumed.",
    )


def freshness_schedule(job: UnresolvedAssetJobDefinition) -> dg.ScheduleDefinition:
    """Every hour, on from the start."""
    return dg.ScheduleDefinition(
        name="freshness_schedule",
        job=job,
        cron_schedule="30 * * * *",
        execution_timezone="UTC",
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description="Asks every hour whether a source is late: nothing else would ask while nothing arrives.",
    )
