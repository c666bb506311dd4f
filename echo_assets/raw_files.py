"""`raw/<source>`: the files of the landing folder as they arrived, one partition a file.

The bytes go to the lake under their sha256, the rows as text to schema `raw`. Typing and judging them is the next
layer's work, in `staging_tables.py`.
"""

from collections.abc import Iterable

import dagster as dg

from echo_assets.extract_files import extract_key
from echo_assets.presentation import freshness, owners, table_schema
from echo_assets.retries import retried
from echo_assets.sources import Sources
from echo_quality.contract import Contract
from echo_quality.generate.tables import tables_of
from echo_quality.loading.loads import standing_loads
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import TakenIn, archived_file, take_in


def files_of(source: str) -> dg.DynamicPartitionsDefinition:
    """The partitions of a source's raw and staging assets: one a file that was taken in."""
    return dg.DynamicPartitionsDefinition(name=f"{source}_files")


def forget_gone_files(sources: Sources, instance: dg.DagsterInstance) -> list[str]:
    """Drop the partitions of files that are gone and of which nothing stands, and name them; no run may be under way.

    Such is a refused file that was taken away: nobody can take it in again, so "materialize all" would fail on it.
    """
    gone = []
    with sources.connection(read_only=True) as connection:
        for source in sources.contracts:
            kept = {*sources.files(source), *standing_loads(connection, source)}
            name = str(files_of(source).name)
            for key in instance.get_dynamic_partitions(name):
                if key not in kept:
                    instance.delete_dynamic_partition(name, key)
                    gone.append(f"{source}/{key}")
    return gone


def raw_assets(sources: Sources) -> list[dg.AssetsDefinition]:
    """One raw asset a contract."""
    return [_raw_asset(sources, contract) for contract in sources.contracts.values()]


def _raw_asset(sources: Sources, contract: Contract) -> dg.AssetsDefinition:
    @dg.asset(
        key=["raw", contract.source],
        group_name="raw",
        description=(
            f"{contract.grain} As the file had it, as text, with the bytes kept in the lake.\n\n"
            f"{contract.description} A partition is a file; the same bytes again change nothing."
        ),
        deps=[extract_key(contract)] if contract.server else [],
        partitions_def=files_of(contract.source),
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=f"load_{contract.source}",
        owners=owners(contract.owner),
        kinds={"file", "postgres"},
        freshness_policy=freshness(contract),
        metadata={
            **table_schema(contract, tables_of(contract)[0]),
            "contract": f"{contract.source} {contract.version}",
        },
    )
    def raw(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with retried(context):
            taken = _take_in_all(context, sources, contract, requested_files(context))
        return dg.MaterializeResult(metadata={"files": len(taken), "new_files": sum(file.is_new for file in taken)})

    return raw


def requested_files(context: dg.AssetExecutionContext) -> list[str]:
    """The partition keys of the run; a run over none is an error, not a silent success."""
    keys = list(context.partition_keys) if context.has_partition_key or context.has_partition_key_range else []
    if not keys:
        raise dg.Failure(
            "no file was selected: choose a file partition, or a range whose first key comes first", allow_retries=False
        )
    return keys


def _take_in_all(
    context: dg.AssetExecutionContext, sources: Sources, contract: Contract, keys: Iterable[str]
) -> list[TakenIn]:
    present = sources.files(contract.source)
    taken, unsettled = [], []
    with sources.connection() as connection:
        standing = standing_loads(connection, contract.source)
        for key in keys:
            file = present.get(key)
            if file is None and key in standing:
                file = archived_file(standing[key], sources.settings.lake)
            try:
                taken.append(_take_in_one(context, sources, contract, key, file))
            except RefusedFile as refusal:  # before there was a load of it
                unsettled.append(f"{file.shown_name if file else key}: {refusal}")
    if unsettled:
        raise dg.Failure("; ".join(unsettled), allow_retries=False)
    return taken


def _take_in_one(
    context: dg.AssetExecutionContext, sources: Sources, contract: Contract, key: str, file: SourceFile | None
) -> TakenIn:
    if file is None:
        folder = sources.settings.landing / contract.source
        raise dg.Failure(
            f"the file of partition {key!r} is neither in {folder} nor in the lake: put it back there",
            allow_retries=False,
        )
    with sources.alone(contract.source) as connection, sources.engine() as engine:
        share = sources.max_rejected_share(contract)
        result = take_in(connection, contract, file, sources.settings.lake, engine, share)
    load = result.load
    context.log.info(f"{load.file}: {'' if result.is_new else 'already taken in, unchanged: '}{load.status}")
    context.add_asset_metadata(
        {
            "file": load.file,
            "sha256": load.sha256,
            "dagster/partition_row_count": load.rows_in_file or 0,
            "reading": dg.MetadataValue.json(load.notes),
            **({"refused": load.reason} if load.reason else {}),
        },
        asset_key=["raw", contract.source],
        partition_key=key,
    )
    return result
