"""The asset `readouts/experiments`, and its job. Which conditions fail is asked in `readout_checks.py`.

What is counted, stored, shown and due is in `readouts`; what it means is in `echo_ml/experiments`.
"""

from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.dbt.project import load_project
from echo_assets.dbt_models import daily_partitions, window
from echo_assets.planned import days_of_partitions, planned_builds
from echo_assets.planner.days import DayRange
from echo_assets.planner.snapshots import marks_of
from echo_assets.readouts import due, stored
from echo_assets.readouts.making import Made, make, within
from echo_assets.readouts.pages import index_page, page_of, portfolio_of, write_pages
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

    from echo_assets.planner.state import Target
    from echo_ml.experiments.findings import Readout

READOUTS = dg.AssetKey(["readouts", "experiments"])
_PICTURES = 3
"""Of how many experiments the newest day shows a picture: each is kept in Dagster's event log."""


def experiment_readouts(sources: Sources) -> dg.AssetsDefinition:
    """Define the asset: its partitions are the days as of which experiments are read."""

    @dg.asset(
        key=READOUTS,
        group_name="readouts",
        owners=["team:analytics_team"],
        kinds={"postgres", "html"},
        deps=[dg.AssetKey.from_user_string(model) for model in due.READS],
        partitions_def=daily_partitions(sources.settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        metadata={
            "dagster/table_name": "experiments.readouts",
            "page": dg.MetadataValue.path(index_page(sources.settings)),
        },
        pool="readouts",
    )
    def build(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """One row is one experiment as of the end of one day, as it was computed at one moment: decision and reasons.

        Rows are only added: a day that is read again has another row if it says something else, and none if it says
        the same. Each experiment has a page, of its newest day.
        """
        made, days = _made(context, sources), days_of_partitions(sources)
        for key, decisions in _by_partition(made, days).items():
            context.add_asset_metadata(
                {"experiments": len(decisions), "decisions": dg.MetadataValue.json(decisions)},
                asset_key=READOUTS, partition_key=key,
            )  # fmt: skip
        if made.decisions:
            last = days.nearest(max(made.decisions)).isoformat()
            context.add_asset_metadata(_shown(sources, made), asset_key=READOUTS, partition_key=last)
        return dg.MaterializeResult(metadata={"days_read": len(made.decisions), "rows_added": made.recorded})

    return build


def experiment_job() -> "UnresolvedAssetJobDefinition":
    """`experiment_job`: the readouts of the days that are chosen, then the portfolio, with their checks."""
    return dg.define_asset_job(
        "experiment_job",
        selection=dg.AssetSelection.groups("readouts"),
        description="Reads every experiment as of the end of the chosen days, and pools their effects by sampling.",
    )


def _made(context: dg.AssetExecutionContext, sources: Sources) -> Made:
    """Make the readouts of the run's days, then their pages; what was seen is recorded last, so that a kill heals."""
    target = due.readouts_target(load_project().manifest)
    with sources.connection() as connection:
        days = within(window(context), due.readout_days(connection, days_of_partitions(sources).last))
        marks = marks_of(connection, target, days, unseen=False)
        is_up_to_date = not _waits(sources, target)  # asked after the marks were read, before anything else is
        made = make(connection, days, context.run.run_id)
        _write_pages(sources, connection, made)
        if is_up_to_date:
            due.claim(connection, marks)
        else:
            context.log.warning("models below are out of date: these readouts are due again when they are built")
    return made


def _waits(sources: Sources, target: "Target") -> bool:
    return any(target.upstream & set(run.selection) for run in planned_builds(sources))


def _write_pages(sources: Sources, connection: Any, made: Made) -> None:
    """The pages of experiments whose newest day was read, and the one over all experiments."""
    newest = [each.readout for each in stored.newest(connection)]
    if newest:
        read = [each for each in newest if _is_of(made, each)]
        write_pages(sources.settings, read, portfolio_of(newest))


def _is_of(made: Made, readout: "Readout") -> bool:
    return readout.experiment_id in made.decisions.get(readout.as_of, {})


def _by_partition(made: Made, partitions: DayRange) -> dict[str, dict[str, str]]:
    """Decisions by partition. The first and the last also hold the days beyond them; of those the newest is told."""
    found = {partitions.nearest(day).isoformat(): decisions for day, decisions in sorted(made.decisions.items())}
    return {key: decisions for key, decisions in found.items() if decisions}


def _shown(sources: Sources, made: Made) -> dict[str, Any]:
    """What the newest day of a run shows in the UI: a table, pictures, and where the pages are."""
    from base64 import b64encode

    from echo_ml.experiments import pages

    newest = max(made.decisions)
    readouts = [each for each in made.last.values() if each.as_of == newest]
    pictures = [
        f"![{each.experiment_id}](data:image/png;base64,{b64encode(pages.picture_of(each)).decode()})"
        for each in readouts[:_PICTURES]
    ]
    return {
        "readouts": dg.MetadataValue.md(pages.table_of(readouts)),
        "pictures": dg.MetadataValue.md("\n\n".join(pictures)),
        "pages": dg.MetadataValue.json([str(page_of(sources.settings, each.experiment_id)) for each in readouts]),
    }
