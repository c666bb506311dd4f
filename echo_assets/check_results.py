"""Suites as asset checks: what is declared before a run, and what is reported after it.

Rows that break a rule are in quarantine, so a broken rule is a warning while its file was accepted and an error when
the file was refused. Great Expectations is not imported here; its outcomes are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_quality.loading.loads import Load
from echo_quality.suites.declarations import DeclaredCheck, declared_checks

if TYPE_CHECKING:
    from echo_quality.suites import CheckOutcome

Audited = Sequence[tuple[Load, "Sequence[CheckOutcome]"]]
"""Loads with the outcomes of the suite on each."""

_SAMPLE = 20


def graded(load: Load, outcomes: Sequence[CheckOutcome]) -> tuple[CheckOutcome, ...]:
    """The outcomes with the severity that the load's fate gives them.

    Rows that broke a rule are in quarantine, so it is an error only if the file was refused, or if the check itself
    could not be evaluated.
    """
    if not load.is_accepted:
        return tuple(outcomes)
    return tuple(outcome if outcome.error else replace(outcome, severity="warning") for outcome in outcomes)


def declared_specs(asset: dg.AssetKey, suite: Mapping[str, Any]) -> list[dg.AssetCheckSpec]:
    """One check for each expectation. None blocks: the gate is per file, inside the step."""
    return [
        dg.AssetCheckSpec(
            check.name,
            asset=asset,
            description=check.description,
            blocking=False,
            metadata={"suite": str(suite["name"]), "runbook": check.runbook or "", "severity": check.severity},
        )
        for check in declared_checks(suite)
    ]


def merged_results(asset: dg.AssetKey, suite: Mapping[str, Any], audited: Audited) -> list[dg.AssetCheckResult]:
    """One result for each declared check over all files of the run; a check that no file evaluated is red."""
    return [_merged(asset, check, audited) for check in declared_checks(suite)]


def _merged(asset: dg.AssetKey, check: DeclaredCheck, audited: Audited) -> dg.AssetCheckResult:
    found = [(load, outcome) for load, outcomes in audited for outcome in outcomes if outcome.check == check.name]
    red = [(load, outcome) for load, outcome in found if not outcome.passed]
    is_error = any(outcome.severity == "critical" for _, outcome in red)
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=check.name,
        passed=bool(found) and not red,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=_in_words(check, found, red),
        metadata=_metadata(check, found, red),
    )


def _in_words(check: DeclaredCheck, found: Sequence[Any], red: Sequence[Any]) -> str:
    if not found:
        return "Not evaluated: no file of this run could be read."
    if not red:
        return f"Holds for {sum(outcome.evaluated_count or 0 for _, outcome in found)} rows."
    rows = sum(outcome.unexpected_count or 0 for _, outcome in red)
    return f"{check.description} It does not, in {rows} rows of {', '.join(load.file for load, _ in red)}."


def _metadata(check: DeclaredCheck, found: Sequence[Any], red: Sequence[Any]) -> dict[str, Any]:
    sample = [{"file": load.file, **row} for load, outcome in red for row in outcome.sample][:_SAMPLE]
    errors = {load.file: outcome.error for load, outcome in red if outcome.error}
    return {
        "evaluated_rows": sum(outcome.evaluated_count or 0 for _, outcome in found),
        "failing_rows": sum(outcome.unexpected_count or 0 for _, outcome in red),
        "runbook": dg.MetadataValue.path(check.runbook or ""),
        **({"failing_sample": dg.MetadataValue.json(sample)} if sample else {}),
        **({"errors": dg.MetadataValue.json(errors)} if errors else {}),
    }
