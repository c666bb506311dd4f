"""What is planned now: the runs that would take in what waits, build what is dirty, and read experiments again.

Asks the ledger, the landing folder and the stored results; `planner/plan.py` decides. Nothing is run here.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions
from echo_assets.file_runs import FileRun, file_runs, waiting_files
from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import LedgerError, read_ledger
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.snapshots import marks_of
from echo_assets.planner.targets import targets_from
from echo_assets.raw_files import files_of
from echo_assets.readouts import due
from echo_assets.source_checks import checks_over_time
from echo_assets.sources import Sources
from echo_quality.invariants import INVARIANTS

if TYPE_CHECKING:
    import dagster as dg


def planned_file_runs(sources: Sources, instance: dg.DagsterInstance) -> list[FileRun]:
    """The runs that would take in what waits; partitions of new files are added to the instance."""
    runs = []
    for source, waiting in waiting_files(sources).items():
        name = str(files_of(source).name)
        known = list(instance.get_dynamic_partitions(name))
        new = [key for key in (waits.file.partition_key for waits in waiting) if key not in set(known)]
        instance.add_dynamic_partitions(name, new)
        runs += file_runs(source, waiting, [*known, *new])
    return runs


_BLOCKED = """
with expected as (
    select source, check_name from unnest(%s::text[], %s::text[]) as each (source, check_name)
), latest as (
    select distinct on (asset, check_name) split_part(asset, '/', 2) as source, check_name, passed, evaluated_at
    from ops.check_results where asset like 'staging/%%' and check_name = any (%s)
    order by asset, check_name, check_result_id desc
), published as (
    select source, max(loaded_at) as published_at from ops.loads where status in ('loaded', 'replaced') group by source
)
select distinct source
from expected left join latest using (source, check_name) left join published using (source)
where not passed or coalesce(evaluated_at, '-infinity') < published_at
"""


def blocked_sources(sources: Sources) -> frozenset[str]:
    """Sources whose staging tables broke an invariant, or were not asked since rows were published; none is built on.

    A blocking check that failed to run blocks as well as one that is red.
    """
    from psycopg import errors

    asked, names = _blocking_checks(sources)
    with sources.connection(read_only=True) as connection:
        try:
            found = connection.execute(_BLOCKED.encode(), [asked, names, names]).fetchall()
        except (errors.UndefinedTable, errors.InvalidSchemaName) as error:
            raise LedgerError("The database has no tables of ours yet. Run `echoctl up`, which makes them.") from error
    return frozenset(source for (source,) in found)


def _blocking_checks(sources: Sources) -> tuple[list[str], list[str]]:
    """Source and name of every check of a staging table that blocks, as two lists."""
    invariants = [invariant.name for invariant in INVARIANTS if invariant.blocking]
    found = [
        (source, name)
        for source, contract in sources.contracts.items()
        for name in (*invariants, *(check.name for check in checks_over_time(contract) if check.blocking))
    ]
    return [source for source, _ in found], [name for _, name in found]


def planned_builds(sources: Sources) -> tuple[RunPlan, ...]:
    """The runs that would build what is dirty now, without what reads a blocked source."""
    blocked = blocked_sources(sources)
    targets = tuple(target for target in targets_from(load_project().manifest) if not target.reads & blocked)
    partitions = days_of_partitions(sources)
    return plan(read_ledger(sources.url(read_only=True), targets, partitions.last), targets, partitions)


def planned_readouts(sources: Sources) -> tuple[RunPlan, ...]:
    """The runs that would read experiments again; none before the models below are built, or while one is blocked."""
    target = due.readouts_target(load_project().manifest)
    waits = any(target.upstream & set(run.selection) for run in planned_builds(sources))
    if waits or target.reads & blocked_sources(sources):
        return ()
    partitions = days_of_partitions(sources)
    with sources.connection(read_only=True) as connection:
        days = due.readout_days(connection, partitions.last)
        dirty = frozenset(marks_of(connection, target, days, unseen=True))
    ledger = read_ledger(sources.url(read_only=True), ())
    return plan(replace(ledger, dirty_days=dirty), [target], partitions)


def days_of_partitions(sources: Sources) -> DayRange:
    """The first and the last day that there is a partition for."""
    days = daily_partitions(sources.settings)
    ends = (str(days.get_first_partition_key()), str(days.get_last_partition_key()))
    return DayRange(*map(date.fromisoformat, ends))
