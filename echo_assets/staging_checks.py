"""Checks on staging tables as a whole: the invariants of loading, asked after every load and by `data_quality_job`."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from echo_assets.sources import Sources
from echo_quality.contract import Contract
from echo_quality.generate.suite import RUNBOOK
from echo_quality.invariants import INVARIANTS, Invariant

_INSERT = """
insert into ops.check_results (asset, check_name, passed, severity, blocking, run_id, metadata)
values (%s, %s, %s, 'ERROR', %s, %s, %s)
"""


def staging_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """One step a contract, which asks all invariants."""
    return [_checks_of(sources, contract) for contract in sources.contracts.values()]


def _checks_of(sources: Sources, contract: Contract) -> dg.AssetChecksDefinition:
    staging = dg.AssetKey(["staging", contract.source])

    @dg.multi_asset_check(
        name=f"check_{contract.source}",
        specs=[
            dg.AssetCheckSpec(
                invariant.name,
                asset=staging,
                additional_deps=[dg.AssetKey(["quarantine", contract.source])],
                description=invariant.description,
                blocking=invariant.blocking,
                metadata={"runbook": _runbook(invariant)},
            )
            for invariant in INVARIANTS
        ],
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for invariant in INVARIANTS:
            yield _result(context, sources, contract, staging, invariant)

    return check


def _result(
    context: dg.AssetCheckExecutionContext, sources: Sources, contract: Contract, staging: dg.AssetKey,
    invariant: Invariant,
) -> dg.AssetCheckResult:  # fmt: skip
    from psycopg.types.json import Jsonb

    with sources.connection() as connection:
        offenders = [_printable(row) for row in invariant.offenders(connection, contract)]
        values: list[Any] = [f"staging/{contract.source}", invariant.name, not offenders, invariant.blocking]
        metadata = {"description": invariant.description, "sample": offenders, "runbook": _runbook(invariant)}
        connection.execute(_INSERT, [*values, context.run.run_id, Jsonb(metadata)])
    return dg.AssetCheckResult(
        asset_key=staging,
        check_name=invariant.name,
        passed=not offenders,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "runbook": dg.MetadataValue.path(_runbook(invariant)),
            **({"failing_sample": dg.MetadataValue.json(offenders)} if offenders else {}),
        },
    )


def _printable(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value if isinstance(value, str | int | None) else str(value) for name, value in row.items()}


def _runbook(invariant: Invariant) -> str:
    return f"{RUNBOOK}#{invariant.name.replace('_', '-')}"
