"""The asset `ops/order_proof`: whether the order in which rows arrive shows in any table. How is in `prove`."""

from collections.abc import Iterator

import dagster as dg

from echo_assets import server
from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources

_CHECK = "every_way_gives_the_same_tables"
_HOLDS = "Every table holds the same rows, whatever the order in which they arrived and were built."
_RUNBOOK = "docs/runbook.md#every-way-gives-the-same-tables"
_SEED = 1


def order_proof(sources: Sources) -> dg.AssetsDefinition:
    """Define the asset; it takes about four builds of everything, so nothing but a person or a schedule starts it."""

    @dg.asset(
        key=["ops", "order_proof"],
        group_name="ops",
        owners=["team:analytics_team"],
        kinds={"postgres"},
        deps=[dg.AssetKey(["staging", source]) for source in sources.contracts],
        check_specs=[dg.AssetCheckSpec(_CHECK, asset=["ops", "order_proof"], description=_HOLDS)],
        pool="order_proof",
    )
    def build(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[None]]:
        """One row is one table of the warehouse: whether it comes out the same in every order.

        All models are built in a scratch database from the rows staged now: in order, twice, shuffled and late, and
        from nothing. Published tables are not touched.
        """
        from echo_assets.prove.report import prove, table_of

        proof = prove(sources, server.databases(sources.settings), _SEED, context.log.info)
        rows = table_of(proof)
        differing = ", ".join(proof.differing)
        yield dg.MaterializeResult(
            metadata={"tables": len(rows), "proof": as_table(rows)},
            check_results=[
                dg.AssetCheckResult(
                    passed=not differing,
                    metadata=runbook_of(_RUNBOOK, passed=not differing),
                    check_name=_CHECK,
                    description=f"differing: {differing}" if differing else f"{len(rows)} tables are the same",
                )
            ],
        )

    return build
