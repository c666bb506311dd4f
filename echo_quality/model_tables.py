"""The tables that models keep beside MLflow: training sets, what came of training, moves of aliases, scores.

They are no source's tables and no dbt model's: the assets of the layer `models` write them. MLflow has runs, metrics
and files; what a check, a query or a decision asks for is here, too, so that it can be asked while MLflow is away.
"""

from __future__ import annotations

from echo_quality.generate.tables import Table, TableColumn

SCHEMA = "models"
_TIME, _NOW = "timestamp with time zone", " default clock_timestamp()"
_IDENTITY = " generated always as identity"

TRAINING_SETS = Table(
    SCHEMA,
    "training_sets",
    (
        TableColumn("training_set_id", "bigint", not_null=True, extras=_IDENTITY),
        TableColumn("model", "text", not_null=True),
        TableColumn("data_version", "text"),
        TableColumn("path", "text"),
        TableColumn("horizon_days", "integer", not_null=True),
        TableColumn("tested_on", "date"),
        TableColumn("rows", "bigint", not_null=True),
        TableColumn("summary", "jsonb", not_null=True),
        TableColumn("made_at", _TIME, not_null=True, extras=_NOW),
        TableColumn("run_id", "text"),
    ),
    comment="One row is one training set as it was made: its content's hash, where it lies, and what is in it.",
)
EVALUATIONS = Table(
    SCHEMA,
    "evaluations",
    (
        TableColumn("evaluation_id", "bigint", not_null=True, extras=_IDENTITY),
        TableColumn("model", "text", not_null=True),
        TableColumn("data_version", "text"),
        TableColumn("horizon_days", "integer", not_null=True),
        TableColumn("tested_on", "date"),
        TableColumn("decision", "text", not_null=True),
        TableColumn("reasons", "text[]", not_null=True),
        TableColumn("version", "integer"),
        TableColumn("mlflow_run_id", "text"),
        TableColumn("evaluation", "jsonb", not_null=True),
        TableColumn("evaluated_at", _TIME, not_null=True, extras=_NOW),
        TableColumn("run_id", "text"),
    ),
    comment="One row is one training of a model: how good it was out of time, what was decided, and why.",
)
MODEL_ALIASES = Table(
    SCHEMA,
    "model_aliases",
    (
        TableColumn("alias_move_id", "bigint", not_null=True, extras=_IDENTITY),
        TableColumn("model", "text", not_null=True),
        TableColumn("alias", "text", not_null=True),
        TableColumn("version", "integer"),
        TableColumn("previous_version", "integer"),
        TableColumn("reason", "text", not_null=True),
        TableColumn("mlflow_run_id", "text"),
        TableColumn("run_id", "text"),
        TableColumn("moved_at", _TIME, not_null=True, extras=_NOW),
    ),
    comment="One row is one move of an alias to a version of a registered model (none: it was taken away).",
)
CHURN_SCORES = Table(
    SCHEMA,
    "churn_scores",
    (
        TableColumn("customer_id", "text", not_null=True, extras=' collate "C"'),
        TableColumn("snapshot_date", "date", not_null=True),
        TableColumn("event_timestamp", _TIME, not_null=True),
        TableColumn("churn_probability", "double precision", not_null=True),
        TableColumn("model_version", "integer", not_null=True),
        TableColumn("mlflow_run_id", "text", not_null=True),
        TableColumn("scored_at", _TIME, not_null=True, extras=_NOW),
    ),
    comment="One row is one active customer as of a snapshot: how likely they are to leave, and which model says so.",
)
SCORINGS = Table(
    SCHEMA,
    "scorings",
    (
        TableColumn("scoring_id", "bigint", not_null=True, extras=_IDENTITY),
        TableColumn("model", "text", not_null=True),
        TableColumn("model_version", "integer", not_null=True),
        TableColumn("snapshot_date", "date", not_null=True),
        TableColumn("seen", "text", not_null=True),
        TableColumn("rows", "bigint", not_null=True),
        TableColumn("changed", "bigint", not_null=True),
        TableColumn("scored_at", _TIME, not_null=True, extras=_NOW),
        TableColumn("run_id", "text"),
    ),
    comment="One row is one scoring of a snapshot: by which version, and what the snapshot was made of.",
)

MODEL_TABLES = (TRAINING_SETS, EVALUATIONS, MODEL_ALIASES, CHURN_SCORES, SCORINGS)

_ONE_SCORE = f"""
create unique index if not exists models_churn_scores_once on {CHURN_SCORES.qualified} (snapshot_date, customer_id)
"""
_OF_A_CUSTOMER = f"""
create index if not exists models_churn_scores_customer on {CHURN_SCORES.qualified} (customer_id, event_timestamp)
"""
_REFUSE = """
create or replace function models.refuse_change() returns trigger language plpgsql as $refuse$
begin
    raise exception 'models.% is append-only: % is refused', tg_table_name, lower(tg_op)
        using hint = 'What was wrong is followed by another row.';
end
$refuse$
"""
_APPEND_ONLY = [
    f"""
create or replace trigger append_only before update or delete or truncate on {table.qualified}
for each statement execute function models.refuse_change()
"""
    for table in (MODEL_ALIASES, EVALUATIONS)
]

MODEL_GUARDS = (_ONE_SCORE, _OF_A_CUSTOMER, _REFUSE, *_APPEND_ONLY)
"""Statements after the tables' own: keys, and the refusal to change what has been said."""
