"""A part of the graph, for tests of the way that files and days take: it does not depend on how many models there are.

Within it a refresh plans a few models and what they read, and ends with them. The definitions stay whole. What is about
the figures, or about everything at once, uses the whole graph. Dagster and dbt are imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import dagster as dg

    from echo_assets.dbt.nodes import Manifest
    from echo_assets.planner.report import RunReport
    from echo_assets.planner.state import Target
    from echo_assets.refresh import Refresh
    from echo_assets.sources import Sources

HEADLINE = ("finance/headline_metrics",)
"""From sales and marketing down to the figures that `echoctl run` prints."""
UNTIL_THE_MODELS = ("extracts", "stream", "files", "days")
AND_PAGES = (*UNTIL_THE_MODELS, "stages")
"""With the pages of `docs/quality`, which are written from results; all other stages need all models."""


def part_of(manifest: Manifest, wanted: Collection[str]) -> tuple[Target, ...]:
    """The targets of these models and of all that they read."""
    from echo_assets.planner.targets import targets_from

    known = {target.key: target for target in targets_from(manifest)}
    keys = {*wanted}.union(*(known[key].upstream for key in wanted))
    return tuple(known[key] for key in sorted(keys))


@contextmanager
def small_graph(wanted: Collection[str] = HEADLINE, stages: Collection[str] = UNTIL_THE_MODELS) -> Iterator[None]:
    """Within, a refresh of this process has these stages, and builds these models and what they read."""
    from echo_assets import dbt_models, due_stages, planned, refresh, sensors
    from echo_assets.quality_docs import QUALITY_DOCS, quality_docs_are_current
    from echo_assets.refresh import Refresh

    def pages(sources: Sources) -> list[dg.AssetKey]:
        """The leaf that is made of results; the others are made of all models."""
        return [] if quality_docs_are_current(sources) else [QUALITY_DOCS]

    def chosen(self: Refresh) -> Iterator[RunReport]:
        for stage in stages:
            yield from getattr(self, stage)()

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(planned, "targets_from", lambda manifest: part_of(manifest, wanted))
        patched.setattr(dbt_models, "_lineage", lambda *_: {})  # for the UI; it is read from the SQL of all models
        patched.setattr(due_stages, "STAGES", due_stages.STAGES[-1:])
        patched.setattr(due_stages, "due_result_pages", pages)
        if "readouts" not in stages:
            for module in (refresh, sensors):
                patched.setattr(module, "planned_readouts", lambda _: ())
        patched.setattr(Refresh, "all", chosen)
        yield
