"""The asset `readouts/portfolio`: all experiments beside each other, their effects pooled by a sampled model.

The readouts write the same page with effects pooled in closed form, at once; this takes a while and says how well it
went. The model is in `echo_ml/experiments/posterior/shrinkage.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.experiment_readouts import READOUTS
from echo_assets.presentation import as_table
from echo_assets.readouts import stored
from echo_assets.readouts.pages import index_page, portfolio_of, write_pages
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from echo_ml.experiments.portfolio import Portfolio

PORTFOLIO = dg.AssetKey(["readouts", "portfolio"])
_CHECKS = {
    "chains_agree": "All chains of the sampler found the same distribution (r-hat).",
    "draws_suffice": "The draws are worth enough independent ones (effective sample size, in the bulk and the tails).",
    "nothing_diverges": "No step of the sampler left the region where its approximation holds.",
}
_RUNBOOK = "docs/runbook.md#a-sampled-model-did-not-settle"


def experiment_portfolio(sources: Sources) -> dg.AssetsDefinition:
    """Define the asset; it takes a while, so nothing but a person, a job or a schedule starts it."""

    @dg.asset(
        key=PORTFOLIO,
        group_name="readouts",
        owners=["team:analytics_team"],
        kinds={"html"},
        deps=[READOUTS],
        check_specs=[dg.AssetCheckSpec(name, asset=PORTFOLIO, description=asks) for name, asks in _CHECKS.items()],
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool="readouts",
    )
    def build() -> Iterator[dg.MaterializeResult[None]]:
        """One row is one arm of one experiment as of its newest readout: its lift, and what is left of it when pooled.

        Of many effects the largest is found too large (the winner's curse): a hierarchical model over experiments and
        arms draws each towards what the others say. Significance is told with the false-discovery rate held.
        """
        with sources.connection(read_only=True) as connection:
            readouts = [each.readout for each in stored.newest(connection)]
        found = portfolio_of(readouts, sampled=True)
        write_pages(sources.settings, (), found)
        yield dg.MaterializeResult(
            metadata={
                "experiments": len(readouts),
                "effects": as_table(_rows(found)),
                "page": dg.MetadataValue.path(index_page(sources.settings)),
            },
            check_results=list(_results(found)),
        )

    return build


def _rows(found: Portfolio) -> list[dict[str, object]]:
    return [
        {
            "experiment": each.experiment_id, "variant": each.variant, "decision": each.decision, "lift": each.lift,
            "pooled_lift": each.shrunken_lift, "p_value": each.p_value, "q_value": each.q_value,
        }
        for each in found.entries
    ]  # fmt: skip


def _results(found: Portfolio) -> Iterator[dg.AssetCheckResult]:
    """What the sampler says of itself; where there was nothing to pool, nothing was sampled and nothing is wrong."""
    nothing = [(name, True, "there are too few effects to pool") for name in _CHECKS]
    for name, holds, says in found.diagnostics.checks() if found.diagnostics else nothing:
        yield dg.AssetCheckResult(
            passed=holds, check_name=name, severity=dg.AssetCheckSeverity.WARN, description=says,
            metadata=runbook_of(_RUNBOOK, passed=holds),
        )  # fmt: skip
