"""Runs of the small project's assets, and reading what they reported."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import dagster as dg


@dataclass(frozen=True)
class SmallRuns:
    """The job of the small project's assets."""

    job: dg.JobDefinition

    @classmethod
    def of(cls, models: Sequence[dg.AssetsDefinition]) -> SmallRuns:
        return cls(dg.Definitions(assets=models).resolve_implicit_global_asset_job_def())

    def __call__(self, *keys: str, first: str = "", last: str = "") -> Reported:
        """Materialise these assets (all, if none is named), for a range of days if there are daily ones."""
        selection = [dg.AssetKey.from_user_string(key) for key in keys] or None
        return self._run(first, last or first, asset_selection=selection)

    def checks(self, models: Sequence[dg.AssetsDefinition], *names: str) -> Reported:
        """Ask the checks of these names and build nothing."""
        keys = [spec.key for step in models for spec in step.check_specs if spec.name in names]
        job = dg.define_asset_job("checks_only", selection=dg.AssetSelection.checks(*keys))
        definitions = dg.Definitions(assets=models, jobs=[job])
        return Reported(definitions.resolve_job_def("checks_only").execute_in_process(raise_on_error=False))

    def _run(self, first: str, last: str, **options: Any) -> Reported:
        days = {"start": first, "end": last} if first else {}
        tags = {f"dagster/asset_partition_range_{end}": day for end, day in days.items()}
        return Reported(self.job.execute_in_process(tags=tags, raise_on_error=False, **options))


@dataclass(frozen=True)
class Reported:
    """What a run told Dagster."""

    result: dg.ExecuteInProcessResult

    @property
    def succeeded(self) -> bool:
        return self.result.success

    @property
    def built(self) -> set[str]:
        return {event.asset_key.to_user_string() for event in self.result.get_asset_materialization_events()}

    @property
    def checks(self) -> dict[str, bool]:
        return {found.check_name: found.passed for found in self.result.get_asset_check_evaluations()}

    @property
    def failure(self) -> str:
        """Why the one step that failed did, in the words that the UI shows."""
        [event] = self.result.get_step_failure_events()
        given = event.step_failure_data.user_failure_data
        return given.description if given else event.step_failure_data.error_display_string

    def metadata(self, key: str, partition: str | None = None) -> dict[str, Any]:
        """Metadata of an asset's materialisation in this run."""
        [found] = [
            event.materialization
            for event in self.result.get_asset_materialization_events()
            if event.asset_key.to_user_string() == key and event.materialization.partition == partition
        ]
        return {name: value.value for name, value in found.metadata.items()}

    def check_metadata(self, name: str) -> dict[str, Any]:
        """Metadata of a check's result in this run."""
        [found] = [check for check in self.result.get_asset_check_evaluations() if check.check_name == name]
        return {name: value.value for name, value in found.metadata.items()}
