"""Suites on tables as asset checks: `staging_<source>` after every load of the source, those of models after a build.

What they demand is in `echo_quality/expectations` and, for staging, in the contracts. None blocks: what must stop a
build are the invariants (`staging_checks.py`) and dbt's tests.
"""

from collections.abc import Iterator, Sequence

import dagster as dg

from echo_assets.check_results import declared_specs, table_result
from echo_assets.sources import Sources
from echo_quality.expectations import TableSuite, suites_of_models
from echo_quality.generate.staging_suite import staging_suite


def table_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """One step a source, for its staging table, and one for all models: each table costs one statement or two."""
    of_staging = [
        _step(sources, f"judge_{source}", [staging_suite(each)]) for source, each in sources.contracts.items()
    ]
    return [*of_staging, _step(sources, "judge_models", suites_of_models())]


def _step(sources: Sources, name: str, suites: Sequence[TableSuite]) -> dg.AssetChecksDefinition:
    @dg.multi_asset_check(name=name, can_subset=True, specs=[spec for suite in suites for spec in _specs(suite)])
    def check(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for suite in suites:
            asked = {key.name for key in context.selected_asset_check_keys if key.asset_key == _asset(suite)}
            if asked:
                yield from _results(sources, suite, asked, context.run.run_id)

    return check


def _specs(suite: TableSuite) -> list[dg.AssetCheckSpec]:
    return declared_specs(_asset(suite), suite.suite)


def _asset(suite: TableSuite) -> dg.AssetKey:
    return dg.AssetKey.from_user_string(suite.asset)


def _results(sources: Sources, suite: TableSuite, asked: set[str], run_id: str) -> Iterator[dg.AssetCheckResult]:
    from echo_quality.suites import store_outcomes
    from echo_quality.suites.tables import judged_table

    judged = judged_table(suite.suite, sources.url(), suite.batch_sql(), masked=suite.masked)
    outcomes = [outcome for outcome in judged if outcome.check in asked]
    with sources.connection() as connection, connection.transaction():
        store_outcomes(
            connection, outcomes, asset=suite.asset, partition=None, load_id=None, run_id=run_id, blocking=False
        )
    yield from (table_result(_asset(suite), outcome) for outcome in outcomes)
