"""The conditions of the decision table as asset checks: which experiments do not meet one, each as of its newest day.

A condition that does not hold is a finding about an experiment, not a fault of the platform: it is a warning, and the
decision says what follows from it. The conditions themselves are in `echo_ml/experiments/decisions/decision_table.py`.
"""

from collections.abc import Iterator
from typing import Any

import dagster as dg
from psycopg import Connection
from psycopg.rows import dict_row

from echo_assets.experiment_readouts import READOUTS
from echo_assets.source_checks import record, result_of, runbook_link
from echo_assets.sources import Sources
from echo_ml.experiments.decisions.decision_table import CONDITIONS, Rule
from echo_quality.findings import Finding, SourceCheck

SECTION = "conditions-of-a-readout"
_FAILING = """
with newest as (
    select distinct on (experiment_id) * from experiments.readouts_latest order by experiment_id, as_of desc
)
select
    newest.as_of, newest.experiment_id as experiment, newest.decision, condition ->> 'name' as condition,
    condition ->> 'says' as says, condition ->> 'change' as would_change
from newest cross join jsonb_array_elements(newest.readout -> 'conditions') as condition
where condition ->> 'name' = %s and not (condition ->> 'holds')::boolean
order by newest.experiment_id
"""
_READ = "select max(as_of), count(distinct experiment_id) from experiments.readouts"
_NAMED = 5


def readout_checks(sources: Sources) -> dg.AssetChecksDefinition:
    """One check for each condition, asked of the newest readout of every experiment."""
    rules = {dg.AssetCheckKey(READOUTS, rule.name): rule for rule in CONDITIONS}

    @dg.multi_asset_check(name="conditions_of_readouts", can_subset=True, specs=list(map(_spec, CONDITIONS)))
    def judge(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        asked = {key: rule for key, rule in rules.items() if key in context.selected_asset_check_keys}
        with sources.connection() as connection:
            for key, rule in asked.items():
                finding = _finding(rule, connection)
                record(connection, key, _check(rule), finding, context.run.run_id)
                yield result_of(key, _check(rule), finding)

    return judge


def _spec(rule: Rule) -> dg.AssetCheckSpec:
    metadata = {"runbook": runbook_link(_check(rule)), "otherwise": rule.otherwise, "blocks_decisions": rule.blocks}
    return dg.AssetCheckSpec(rule.name, asset=READOUTS, description=rule.asks, blocking=False, metadata=metadata)


def _check(rule: Rule) -> SourceCheck:
    return SourceCheck(rule.name, SECTION, rule.asks, lambda view: _finding(rule, view.connection))


def _finding(rule: Rule, connection: Connection[Any]) -> Finding:
    """Which experiments do not meet the condition, in words."""
    [as_of, experiments] = connection.execute(_READ).fetchone() or (None, 0)
    with connection.cursor(row_factory=dict_row) as cursor:
        failing = [{**row, "as_of": str(row["as_of"])} for row in cursor.execute(_FAILING, [rule.name])]
    facts = {"as_of": str(as_of or ""), "experiments": experiments, "failing": len(failing)}
    if not failing:
        said = (
            f"Holds for {experiments} experiment{'s' if experiments > 1 else ''}."
            if experiments
            else "No experiment was read yet."
        )
        return Finding(True, said, is_error=False, facts=facts)
    named = "; ".join(f"{row['experiment']}: {row['says']}" for row in failing[:_NAMED])
    more = f" and {len(failing) - _NAMED} more" if len(failing) > _NAMED else ""
    return Finding(False, f"{named}{more} ({rule.otherwise})", is_error=False, facts=facts, sample=tuple(failing))
