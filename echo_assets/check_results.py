"""Suites as asset checks: what is declared before a run, and what is reported after it.

Rows that break a rule are in quarantine, so a broken rule is a warning while its file was accepted and an error when
the file was refused. Great Expectations is not imported here; its outcomes are handed in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_quality.loading.loads import Load
from echo_quality.suites.declarations import DeclaredCheck, declared_checks
from echo_quality.suites.samples import ROW_KEYS

if TYPE_CHECKING:
    from echo_quality.suites import CheckOutcome

Audited = Sequence[tuple[Load, "Sequence[CheckOutcome]"]]
"""Loads with the outcomes of the suite on each."""

_SAMPLE = 20
_FILES_NAMED = 5
_TEXT = "__text"


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


def table_result(asset: dg.AssetKey, outcome: CheckOutcome) -> dg.AssetCheckResult:
    """The result of a check on a table as it stands; one that could not be evaluated is an error."""
    is_error = outcome.severity == "critical" or bool(outcome.error)
    failing = [readable(row) for row in outcome.sample][:_SAMPLE]
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=outcome.check,
        passed=outcome.passed,
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=_table_in_words(outcome),
        metadata={
            "evaluated_rows": outcome.evaluated_count or 0,
            "failing_rows": outcome.unexpected_count or 0,
            **({"failing_sample": as_table(failing)} if failing else {}),
            **({"errors": dg.MetadataValue.json({asset.to_user_string(): outcome.error})} if outcome.error else {}),
            **runbook_of(outcome.runbook or "", passed=outcome.passed),
        },
    )


def _table_in_words(outcome: CheckOutcome) -> str:
    if outcome.error:
        return f"{outcome.description} It could not be evaluated: {outcome.error}"
    if outcome.passed:
        return f"Holds for {outcome.evaluated_count or 0} rows."
    if outcome.unexpected_count is None:
        return f"{outcome.description} It has {outcome.observed}."
    return f"{outcome.description} Not so in {outcome.unexpected_count} of {outcome.evaluated_count} rows."


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
    if any(outcome.error for _, outcome in red):
        return f"{check.description} It could not be evaluated for {_named(red)}."
    rows = sum(outcome.unexpected_count or 0 for _, outcome in red)
    share = f"{rows} of {sum(outcome.evaluated_count or 0 for _, outcome in red)} rows of " if rows else ""
    return f"{check.description} Not so in {share}{_named(red)}."


def _named(red: Sequence[Any]) -> str:
    names = [load.file for load, _ in red]
    more = len(names) - _FILES_NAMED
    return ", ".join(names[:_FILES_NAMED]) + (f" and {more} more files" if more > 0 else "")


def _metadata(check: DeclaredCheck, found: Sequence[Any], red: Sequence[Any]) -> dict[str, Any]:
    sample = [{"file": load.file, **readable(row)} for load, outcome in red for row in outcome.sample][:_SAMPLE]
    errors = {load.file: outcome.error for load, outcome in red if outcome.error}
    return {
        "evaluated_rows": sum(outcome.evaluated_count or 0 for _, outcome in found),
        "failing_rows": sum(outcome.unexpected_count or 0 for _, outcome in red),
        **({"failing_sample": as_table(sample)} if sample else {}),
        **({"errors": dg.MetadataValue.json(errors)} if errors else {}),
        **runbook_of(check.runbook or "", passed=bool(found) and not red),
    }


def readable(row: Mapping[str, Any]) -> dict[str, Any]:
    """A failing row as a person looks for it: its number in the file, and the values as the file has them."""
    texts = {name.removesuffix(_TEXT): value for name, value in row.items() if name.endswith(_TEXT) and value}
    plain = {name: value for name, value in row.items() if "__" not in name and name not in ROW_KEYS}
    number = {"row": row["_row_number"]} if "_row_number" in row else {}
    return {**number, **plain, **texts}
