"""Checks of features as Dagster and the history of verdicts have them: a verdict becomes a finding of the platform.

What each check asks is in `echo_ml/features/checks`; a check of a training set is reported the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.source_checks import record, result_of, runbook_link
from echo_assets.sources import Sources
from echo_ml.features.checks.verdict import Verdict
from echo_quality.findings import Finding, SourceCheck

if TYPE_CHECKING:
    from psycopg import Connection

    Ask = Callable[["Connection[tuple[object, ...]]"], Verdict]


@dataclass(frozen=True)
class FeatureCheck:
    """A named question about features; `section` is the heading of the runbook that speaks of it."""

    name: str
    section: str
    asks: str
    ask: Ask
    blocking: bool = False

    def as_source_check(self) -> SourceCheck:
        """The same as the platform records and shows checks."""
        return SourceCheck(
            self.name, self.section, self.asks, lambda view: as_finding(self.ask(view.connection)), self.blocking
        )

    def spec(self, asset: dg.AssetKey, owner: str) -> dg.AssetCheckSpec:
        """What Dagster is told of it."""
        metadata = {"runbook": runbook_link(self.as_source_check()), "owner": owner}
        return dg.AssetCheckSpec(
            self.name, asset=asset, description=self.asks, blocking=self.blocking, metadata=metadata
        )


def as_finding(verdict: Verdict) -> Finding:
    """A verdict on features as the platform shows and keeps it."""
    return Finding(
        verdict.passed, verdict.said, verdict.is_error, dict(verdict.facts), tuple(map(dict, verdict.sample))
    )  # fmt: skip


def asked(sources: Sources, check: FeatureCheck, asset: dg.AssetKey, run_id: str | None) -> dg.AssetCheckResult:
    """Ask a check on a connection of its own, keep the verdict, and return it as Dagster shows it."""
    with sources.connection() as connection:
        return reported(connection, check, asset, check.ask(connection), run_id)


def reported(
    connection: Connection[tuple[object, ...]], check: FeatureCheck, asset: dg.AssetKey, verdict: Verdict,
    run_id: str | None,
) -> dg.AssetCheckResult:  # fmt: skip
    """Keep a verdict in the history of all verdicts, and return it as Dagster shows it."""
    key, finding = dg.AssetCheckKey(asset, check.name), as_finding(verdict)
    record(connection, key, check.as_source_check(), finding, run_id)
    return result_of(key, check.as_source_check(), finding)
