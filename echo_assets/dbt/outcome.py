"""Whether a dbt step did all it was asked to: a run must not be green because something was skipped.

A step is repeated only where that may help: every model replaces what it builds. There is no retry policy, because
Dagster would also apply it to a run that somebody cancels.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import dagster as dg

from echo_assets.dbt.command import PROBLEMS, RawEvent

AssetEvent = dg.Output[Any] | dg.AssetMaterialization | dg.AssetObservation | dg.AssetCheckResult
"""What dagster-dbt makes of dbt's events inside an asset."""

_RETRIES = 2
_FIRST_DELAY = 5
_TRANSIENT = ("deadlock detected", "could not serialize access", "server closed the connection", "connection refused")
"""What a second attempt may cure; a failed test or wrong SQL would fail again."""


class Outcome:
    """What was asked for and not seen yet, and what went wrong on the way."""

    def __init__(self, assets: Iterable[dg.AssetKey], checks: Iterable[dg.AssetCheckKey]) -> None:
        """Nothing has been seen yet."""
        self._assets = {key.to_python_identifier(): key for key in assets}
        self._checks = set(checks)
        self._problems: list[str] = []
        self._end = ""

    def note(self, raw: RawEvent) -> None:
        """Remember why a node or the whole command failed."""
        reason = PROBLEMS.get(raw["info"]["name"])
        if reason:
            name = raw["data"].get("node_info", {}).get("node_name", "")
            message = str(raw["data"].get(reason, "")).strip()
            self._problems.append(message if name in message else f"{name}: {message}")

    def seen(self, event: AssetEvent) -> AssetEvent:
        """Cross off what the event reports, and pass it on."""
        if isinstance(event, dg.Output):
            self._assets.pop(event.output_name, None)
        elif isinstance(event, dg.AssetCheckResult) and event.asset_key and event.check_name:
            self._checks.discard(dg.AssetCheckKey(event.asset_key, event.check_name))
        return event

    def ended_badly(self, reason: str) -> None:
        """Remember that the command itself reported failure."""
        self._end = reason

    def raise_unless_complete(self, log_file: Path, retry_number: int) -> None:
        """Raise dg.Failure if dbt failed or left out anything selected, or ask for another attempt."""
        assets = sorted(key.to_user_string() for key in self._assets.values())
        checks = sorted(f"{key.asset_key.to_user_string()}: {key.name}" for key in self._checks)
        if not (self._end or assets or checks):
            return
        problems = self._problems or [self._end or "dbt reported success, but not for everything it was asked to do."]
        failure = dg.Failure(
            description="\n\n".join([*problems, *_listed("Not built", assets), *_listed("Not tested", checks)]),
            metadata={"dbt log": dg.MetadataValue.path(log_file)},
        )
        if retry_number < _RETRIES and any(_may_pass(problem) for problem in problems):
            raise dg.RetryRequested(_RETRIES, _FIRST_DELAY * 2**retry_number) from failure
        raise failure


def _may_pass(problem: str) -> bool:
    return any(phrase in problem.lower() for phrase in _TRANSIENT)


def _listed(title: str, names: list[str]) -> list[str]:
    return [f"{title}: {', '.join(names)}"] if names else []
