"""`staging/<source>` and `quarantine/<source>`: typed rows that conform to their contract, and the rest with reasons.

One step makes both, file by file: audit the landed rows with the contract's suite, then publish the good rows or refuse
the file. A refused file never stops the others: its partition is materialised with no rows of its own, and says why.
What must hold of the tables as a whole is in `staging_checks.py`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import dagster as dg

from echo_assets.check_results import declared_specs, graded, merged_results
from echo_assets.column_lineage import column_lineage
from echo_assets.presentation import as_table, freshness, normalised, owners, table_schema
from echo_assets.raw_files import files_of, requested_files
from echo_assets.retries import retried
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources
from echo_quality.contract import Contract
from echo_quality.generate.suite import RUNBOOK, suite_of
from echo_quality.generate.tables import Table, tables_of
from echo_quality.loading.loads import Load, standing_loads
from echo_quality.quarantine.entries import counts, top_reasons

AGREES = "suite_agrees_with_quarantine"
_AGREEMENT_RUNBOOK = f"{RUNBOOK}#{AGREES.replace('_', '-')}"


@dataclass(frozen=True)
class Finished:
    """A load after its audit: the outcomes (none for a file that could not be read), and where counts differ."""

    load: Load
    outcomes: tuple[Any, ...] = ()
    differences: tuple[str, ...] = ()


def staging_assets(sources: Sources) -> list[dg.AssetsDefinition]:
    """One step a contract, which makes the staging and the quarantine asset."""
    return [_staging_asset(sources, contract) for contract in sources.contracts.values()]


def _staging_asset(sources: Sources, contract: Contract) -> dg.AssetsDefinition:
    source, tables = contract.source, tables_of(contract)
    staging, quarantine = dg.AssetKey(["staging", source]), dg.AssetKey(["quarantine", source])

    @dg.multi_asset(
        name=f"stage_{source}",
        specs=[
            _spec(contract, tables[1], f"{contract.grain} Typed, and conforming to the contract."),
            _spec(contract, tables[3], f"One row is one rejected row of {source}, as text and with its reasons."),
        ],
        check_specs=[*declared_specs(staging, suite_of(contract)), _agreement_spec(staging)],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"load_{source}",
    )
    def stage(context: dg.AssetExecutionContext) -> Iterator[Any]:
        with retried(context):
            finished = [_finish(context, sources, contract, key) for key in requested_files(context)]
        _describe(context, contract, finished)
        yield from merged_results(staging, suite_of(contract), [(file.load, file.outcomes) for file in finished])
        yield _agreement(staging, finished)
        rows = _rows_now(sources, tables[1], tables[3])
        yield dg.MaterializeResult(
            asset_key=quarantine, metadata={"rows_in_table": rows[1], **_rejected(sources, source)}
        )
        lineage = {"dagster/column_lineage": column_lineage(contract)}
        yield dg.MaterializeResult(asset_key=staging, metadata={"rows_in_table": rows[0], **lineage})

    return stage


def _spec(contract: Contract, table: Table, description: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        [table.schema, contract.source],
        deps=[dg.AssetKey(["raw", contract.source])],
        group_name=table.schema,
        description=f"{description}\n\n{contract.description}",
        owners=owners(contract.owner),
        kinds={"postgres", "duckdb", "great_expectations"},
        freshness_policy=freshness(contract),
        metadata={**table_schema(contract, table), "contract": f"{contract.source} {contract.version}"},
        partitions_def=files_of(contract.source),
    )


def _finish(context: dg.AssetExecutionContext, sources: Sources, contract: Contract, key: str) -> Finished:
    """Audit one file's landed rows, publish or refuse them if that is still open, and record the verdicts."""
    from echo_quality.audit import audit, quarantine_differs
    from echo_quality.loading.publish import publish
    from echo_quality.loading.raw_rows import text_of
    from echo_quality.loading.take_in import archived_path
    from echo_quality.suites import store_outcomes

    with sources.alone(contract.source) as connection, sources.engine() as engine:
        load = standing_loads(connection, contract.source).get(key)
        if load is None:
            raise dg.Failure(
                f"partition {key!r} has not landed: materialise raw/{contract.source} first", allow_retries=False
            )
        if not load.rows_in_file and load.status == "refused":
            return Finished(load)
        checked = audit(connection, contract, load, sources.url(), sources.settings.timezone)
        with connection.transaction():  # rows and the verdicts on them appear together
            if load.status == "landed":
                lake = sources.settings.lake
                table = text_of(load, contract, archived_path(load, lake), load.file, engine.workspace)
                load = publish(connection, contract, load, table, engine, checked.refusal, lake).load
            outcomes = graded(load, checked.outcomes)
            store_outcomes(
                connection, outcomes, asset=f"staging/{contract.source}", partition=key, load_id=load.load_id,
                run_id=context.run.run_id, blocking=False,
            )  # fmt: skip
        differences = tuple(quarantine_differs(connection, contract, load, checked))
    context.log.info(f"{load.file}: {load.status}" + (f": {load.reason}" if load.reason else ""))
    return Finished(load, outcomes, differences)


def _agreement_spec(staging: dg.AssetKey) -> dg.AssetCheckSpec:
    return dg.AssetCheckSpec(
        AGREES,
        asset=staging,
        description="The suite (PostgreSQL) and typing (DuckDB) count the same rows against every rule.",
        metadata={"runbook": _AGREEMENT_RUNBOOK},
    )


def _agreement(staging: dg.AssetKey, finished: list[Finished]) -> dg.AssetCheckResult:
    differences = [difference for file in finished for difference in file.differences]
    return dg.AssetCheckResult(
        asset_key=staging,
        check_name=AGREES,
        passed=not differences,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "differences": dg.MetadataValue.json(differences),
            **runbook_of(_AGREEMENT_RUNBOOK, passed=not differences),
        },
    )


def _describe(context: dg.AssetExecutionContext, contract: Contract, finished: list[Finished]) -> None:
    """Each file's own figures, on its own partition."""
    for file in finished:
        load = file.load
        figures = {
            "file": load.file, "status": load.status, **({"reason": load.reason} if load.reason else {}),
            "rows_in_file": load.rows_in_file or 0, "staged": load.staged or 0, "withheld": load.withheld or 0,
            "quarantined": load.quarantined or 0, "duplicates": load.duplicates or 0,
        }  # fmt: skip
        figures |= normalised(load.notes)
        for layer, rows in (("staging", load.staged), ("quarantine", load.quarantined)):
            context.add_asset_metadata(
                {**figures, "dagster/partition_row_count": rows or 0},
                asset_key=[layer, contract.source],
                partition_key=load.partition_key,
            )


def _rejected(sources: Sources, source: str) -> dict[str, Any]:
    """How many rejected rows of a source are open, fixed and waived, and what most of the open ones break."""
    with sources.connection(read_only=True) as connection:
        found, reasons = counts(connection, source), top_reasons(connection, source)
    return {**found, **({"top_reasons": as_table(reasons)} if reasons else {})}


def _rows_now(sources: Sources, *tables: Table) -> list[int]:
    """How many rows each table has, over all files."""
    with sources.connection(read_only=True) as connection:
        counts = [connection.execute(f"select count(*) from {table.qualified}".encode()).fetchone() for table in tables]
    return [int(count[0]) if count else 0 for count in counts]
