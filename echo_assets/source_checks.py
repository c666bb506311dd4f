"""Checks on the loads of a source over time: rejected shares, drift, freshness, changes of the columns.

What each asks is in `echo_quality`; here they become asset checks of `staging/<source>`, with owner, evidence and
runbook, and rows of `ops.check_results`. They are asked after every load, by `data_quality_job`, and those that turn
red by waiting also by the clock. What must hold of the tables at any time is in `staging_checks.py`.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import dagster as dg

from echo_assets.freshness_checks import FRESHNESS
from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources
from echo_assets.verdicts import Verdict
from echo_quality.contract import Contract
from echo_quality.drift.checks import drift_checks
from echo_quality.findings import Finding, SourceCheck, View
from echo_quality.freshness import freshness_checks
from echo_quality.generate.suite import RUNBOOK
from echo_quality.last_row import last_row_checks
from echo_quality.rejected_share import rejected_share_check
from echo_quality.schema_check import schema_check

_INSERT = """
insert into ops.check_results (asset, check_name, passed, severity, blocking, run_id, metadata)
values (%s, %s, %s, %s, %s, %s, %s)
"""


def checks_over_time(contract: Contract) -> list[SourceCheck]:
    """Every check of this kind that a contract has."""
    return [
        rejected_share_check(contract), schema_check(contract), *last_row_checks(contract), *freshness_checks(contract),
        *drift_checks(contract),
    ]  # fmt: skip


def source_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """One step a contract, which asks its checks, or those of them that were selected."""
    return [_checks_of(sources, contract) for contract in sources.contracts.values()]


def _checks_of(sources: Sources, contract: Contract) -> dg.AssetChecksDefinition:
    asset = dg.AssetKey(["staging", contract.source])
    checks = {dg.AssetCheckKey(asset, check.name): check for check in checks_over_time(contract)}

    @dg.multi_asset_check(
        name=f"watch_{contract.source}",
        can_subset=True,
        specs=[_spec(contract, key, check) for key, check in checks.items()],
    )
    def watch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key, check in checks.items():
            if key in context.selected_asset_check_keys:
                yield _result(context, sources, contract, key, check)

    return watch


def _spec(contract: Contract, key: dg.AssetCheckKey, check: SourceCheck) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        check.name,
        asset=key.asset_key,
        additional_deps=[dg.AssetKey(["quarantine", contract.source])],
        description=check.description,
        blocking=check.blocking,
        metadata={"runbook": runbook_link(check), "owner": contract.owner},
    )


def found(sources: Sources, contract: Contract, check: SourceCheck) -> Finding:
    """What a check finds now."""
    settings = sources.settings
    with sources.connection() as connection:
        return check.find(View(connection, contract, settings.lake, settings.timezone, sources.clock()))


def out_of_date(sources: Sources, standing: Iterable[Verdict]) -> set[dg.AssetCheckKey]:
    """Checks that would say something else now: red ones that hold again, and sources that have become late."""
    known = {
        (f"staging/{source}", check.name): (contract, check)
        for source, contract in sources.contracts.items()
        for check in checks_over_time(contract)
    }
    asked = [verdict for verdict in standing if (verdict.asset, verdict.check) in known]
    return {
        dg.AssetCheckKey(dg.AssetKey.from_user_string(verdict.asset), verdict.check)
        for verdict in asked
        if (not verdict.passed or verdict.check in FRESHNESS)
        and found(sources, *known[verdict.asset, verdict.check]).passed != verdict.passed
    }


def _result(
    context: dg.AssetCheckExecutionContext, sources: Sources, contract: Contract, key: dg.AssetCheckKey,
    check: SourceCheck,
) -> dg.AssetCheckResult:  # fmt: skip
    finding = found(sources, contract, check)
    with sources.connection() as connection:
        record(connection, key, check, finding, context.run.run_id)
    return result_of(key, check, finding)


def record(
    connection: Any, key: dg.AssetCheckKey, check: SourceCheck, finding: Finding, run_id: str | None
) -> None:  # fmt: skip
    """Keep a verdict in the history of all verdicts."""
    from psycopg.types.json import Jsonb

    metadata = {
        "description": finding.said, "facts": finding.facts, "sample": finding.sample,
        "runbook": runbook_link(check),
    }  # fmt: skip
    values: list[Any] = [key.asset_key.to_user_string(), check.name, finding.passed, _severity(finding).value]
    connection.execute(_INSERT, [*values, check.blocking, run_id, Jsonb(metadata)])


def result_of(key: dg.AssetCheckKey, check: SourceCheck, finding: Finding) -> dg.AssetCheckResult:
    """A finding as Dagster shows it: in words, with its figures, the offenders as a table, and what to do."""
    return dg.AssetCheckResult(
        asset_key=key.asset_key,
        check_name=check.name,
        passed=finding.passed,
        severity=_severity(finding),
        description=finding.said,
        metadata={
            **{fact: _shown(value) for fact, value in finding.facts.items()},
            **({"failing_sample": as_table(finding.sample)} if finding.sample else {}),
            **({"judged_figures": as_table(finding.judged)} if finding.judged else {}),
            **runbook_of(runbook_link(check), passed=finding.passed),
        },
    )


def runbook_link(check: SourceCheck) -> str:
    """Where the runbook speaks of a check."""
    return f"{RUNBOOK}#{check.section}"


def _severity(finding: Finding) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if finding.is_error else dg.AssetCheckSeverity.WARN


def _shown(value: Any) -> Any:
    return dg.MetadataValue.json(value) if isinstance(value, list | dict) else value
