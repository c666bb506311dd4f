"""Checks on the tables of a source as a whole: the invariants of loading.

They are asked after every load and by `data_quality_job`; those of staging that block hold back what is built on it.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg

from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources
from echo_quality.contract import Contract
from echo_quality.generate.suite import RUNBOOK
from echo_quality.invariants import INVARIANTS, QUARANTINE_INVARIANTS, RAW_INVARIANTS, Invariant
from echo_quality.quarantine.masking import hidden_columns, masked_reasons
from echo_quality.suites.samples import masked_value

_INSERT = """
insert into ops.check_results (asset, check_name, passed, severity, blocking, run_id, metadata)
values (%s, %s, %s, 'ERROR', %s, %s, %s)
"""
_BY_LAYER = {"raw": RAW_INVARIANTS, "quarantine": QUARANTINE_INVARIANTS, "staging": INVARIANTS}


def staging_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """One step a contract, which asks the invariants of its tables, or those of them that were selected."""
    return [_checks_of(sources, contract) for contract in sources.contracts.values()]


def _checks_of(sources: Sources, contract: Contract) -> dg.AssetChecksDefinition:
    invariants = {
        dg.AssetCheckKey(dg.AssetKey([layer, contract.source]), invariant.name): invariant
        for layer, of_layer in _BY_LAYER.items()
        for invariant in of_layer
    }

    @dg.multi_asset_check(
        name=f"check_{contract.source}",
        can_subset=True,
        specs=[_spec(contract, key, invariant) for key, invariant in invariants.items()],
    )
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for key, invariant in invariants.items():
            if key in context.selected_asset_check_keys:
                yield _result(context, sources, contract, key.asset_key, invariant)

    return check


def _spec(contract: Contract, key: dg.AssetCheckKey, invariant: Invariant) -> dg.AssetCheckSpec:
    quarantine = dg.AssetKey(["quarantine", contract.source])
    return dg.AssetCheckSpec(
        invariant.name,
        asset=key.asset_key,
        additional_deps=[quarantine] if key.asset_key.path[0] == "staging" else [],
        description=invariant.description,
        blocking=invariant.blocking,
        metadata={"runbook": _runbook(invariant)},
    )


def _result(
    context: dg.AssetCheckExecutionContext, sources: Sources, contract: Contract, asset: dg.AssetKey,
    invariant: Invariant,
) -> dg.AssetCheckResult:  # fmt: skip
    from psycopg.types.json import Jsonb

    with sources.connection() as connection:
        hidden = hidden_columns(contract)
        offenders = [_printable(row, hidden) for row in invariant.offenders(connection, contract)]
        values: list[Any] = [asset.to_user_string(), invariant.name, not offenders, invariant.blocking]
        metadata = {"description": invariant.description, "sample": offenders, "runbook": _runbook(invariant)}
        connection.execute(_INSERT, [*values, context.run.run_id, Jsonb(metadata)])
    return dg.AssetCheckResult(
        asset_key=asset,
        check_name=invariant.name,
        passed=not offenders,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            **({"failing_sample": as_table(offenders)} if offenders else {}),
            **runbook_of(_runbook(invariant), passed=not offenders),
        },
    )


def _printable(row: dict[str, Any], hidden: frozenset[str]) -> dict[str, Any]:
    """An offender as plain values, those of personal columns masked."""
    if "reasons" in row:
        row = {**row, "reasons": masked_reasons(row["reasons"], hidden)}
    shown = {name: value if isinstance(value, str | int | None) else str(value) for name, value in row.items()}
    return {name: masked_value(value) if name in hidden else value for name, value in shown.items()}


def _runbook(invariant: Invariant) -> str:
    return f"{RUNBOOK}#{invariant.name.replace('_', '-')}"
