"""`extract/<source>`: what the server of a source holds, as files in its landing folder.

There is one for each contract with a server. By day where it can be asked for days: a partition is a day, the first
also holds everything earlier, the last everything later. What happens to the files is the next layer's work, as for
any other file (`raw_files.py`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.dbt_models import daily_partitions
from echo_assets.file_runs import RANGE_END, RANGE_START
from echo_assets.presentation import owners
from echo_assets.retries import retried
from echo_assets.settings import SettingsError, secret
from echo_assets.sources import Sources
from echo_quality.contract import Contract
from echo_quality.extracts.declaration import Api
from echo_quality.extracts.errors import ExtractError, Unreachable
from echo_quality.extracts.windows import Days, Range, grid_of

if TYPE_CHECKING:
    from echo_quality.extracts.extract import Extracted

ACCEPT_EMPTY = {"echo/accept_empty": "true"}
"""The tag of a run that accepts that a server which had rows has none any more."""
_RETRIES, _FIRST_DELAY, _NAMED = 3, 15, 12


def extracted(sources: Sources) -> dict[str, Contract]:
    """The contracts of sources that are read from a server."""
    return {name: contract for name, contract in sources.contracts.items() if contract.server}


def extract_key(contract: Contract) -> dg.AssetKey:
    """The asset that writes a source's files."""
    return dg.AssetKey(["extract", contract.source])


def extract_assets(sources: Sources) -> list[dg.AssetsDefinition]:
    """One extract asset for each source with a server."""
    return [_extract_asset(sources, contract) for contract in extracted(sources).values()]


def due_tags(sources: Sources, contract: Contract) -> dict[str, str]:
    """The tags of a run that reads what is new: from where the cursor was left, with its lag, up to today."""
    from echo_quality.extracts.extract import due_since

    partitions = _partitions(sources, contract)
    if partitions is None:
        return {}
    with sources.connection(read_only=True) as connection:
        since = due_since(connection, contract, sources.clock())
    first, last = str(partitions.get_first_partition_key()), str(partitions.get_last_partition_key())
    return {RANGE_START: min(last, max(first, str(since or first))), RANGE_END: last}


def range_tags(sources: Sources, contract: Contract, first: date | None, last: date | None) -> dict[str, str]:
    """The tags of a run that reads these days; ExtractError for a source without days, or days that are none of its."""
    partitions = _partitions(sources, contract)
    if partitions is None:
        raise ExtractError(
            f"{contract.source} is not read by day, so it has no days to choose: leave out --from and --to"
        )
    lowest, highest = str(partitions.get_first_partition_key()), str(partitions.get_last_partition_key())
    begin, end = str(first or lowest), str(last or highest)
    if not lowest <= begin <= end <= highest:
        raise ExtractError(f"{begin} to {end} is no range of days between {lowest} and {highest}")
    return {RANGE_START: begin, RANGE_END: end}


def _partitions(sources: Sources, contract: Contract) -> dg.DailyPartitionsDefinition | None:
    """The days of a source whose server can be asked for days; another one is read whole, in one piece."""
    server = contract.server
    is_by_day = server is not None and server.can_filter and isinstance(grid_of(server.cursor), Days)
    return daily_partitions(sources.settings) if is_by_day else None


def _extract_asset(sources: Sources, contract: Contract) -> dg.AssetsDefinition:
    partitions = _partitions(sources, contract)
    kind = "api" if contract.server and isinstance(contract.server.place, Api) else "database"

    @dg.asset(
        key=extract_key(contract),
        group_name="extract",
        description=(
            f"One file is one {'day' if partitions else 'part'} of {contract.source} as its server holds it.\n\n"
            "Written to the landing folder; days within the cursor's lag are read again, the same rows change nothing."
        ),
        partitions_def=partitions,
        backfill_policy=dg.BackfillPolicy.single_run() if partitions else None,
        pool=f"extract_{contract.source}",
        owners=owners(contract.owner),
        kinds={kind, "csv"},
        metadata={"contract": f"{contract.source} {contract.version}"},
    )
    def extract(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        with retried(context), _told(context):
            done = _read(context, sources, contract, partitions)
        changed = [file.name for file in done.changed]
        context.log.info(f"{contract.source}: {done.rows} rows read, {len(changed)} files new or changed")
        return dg.MaterializeResult(
            metadata={
                "rows_read": done.rows,
                "files": len(done.files),
                "changed": ", ".join(changed[:_NAMED]) or "none",
            }
        )

    return extract


@contextmanager
def _told(context: dg.AssetExecutionContext) -> Iterator[None]:
    """A server that does not answer is asked again later, a few times; any other mistake is a person's to mend."""
    try:
        yield
    except Unreachable as error:
        attempt = context.op_execution_context.retry_number
        if attempt >= _RETRIES:
            raise dg.Failure(str(error), allow_retries=False) from None
        raise dg.RetryRequested(_RETRIES, _FIRST_DELAY * 2**attempt) from error
    except (ExtractError, SettingsError) as error:
        raise dg.Failure(str(error), allow_retries=False) from None


def _read(
    context: dg.AssetExecutionContext,
    sources: Sources,
    contract: Contract,
    partitions: dg.DailyPartitionsDefinition | None,
) -> "Extracted":
    from echo_quality.extracts.extract import Asked, extract

    with sources.connection() as connection, sources.engine() as engine:
        asked = Asked(
            secrets=secrets_of(contract),
            folder=sources.settings.landing / contract.source,
            workspace=engine.workspace,
            now=sources.clock(),
            wanted=_range(context, partitions) if partitions else None,
            may_be_empty=ACCEPT_EMPTY.items() <= context.run.tags.items(),
        )
        return extract(connection, contract, asked)


def secrets_of(contract: Contract) -> dict[str, str]:
    """What is secret about a source's server, by variable; SettingsError for a variable that is not set."""
    return {variable: secret(variable) for variable in (contract.server.variables if contract.server else ())}


def _range(context: dg.AssetExecutionContext, partitions: dg.DailyPartitionsDefinition) -> Range:
    """The days of the run; the first and the last partition have no end on their outer side."""
    days = context.partition_key_range
    lower = None if days.start == partitions.get_first_partition_key() else date.fromisoformat(days.start)
    is_last = days.end == partitions.get_last_partition_key()
    return Range(lower, None if is_last else date.fromisoformat(days.end) + timedelta(days=1))
