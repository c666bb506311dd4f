"""The tables of the revenue forecast: what was forecast, and how each forecast was chosen and judged.

They are no source's tables and no model's: rows are only ever added, by the asset `models/revenue_forecast`, so that
what somebody was told can be held against what came. Rows of one forecast have one `made_at` and one `model_run_id`.
"""

from __future__ import annotations

from echo_quality.generate.tables import Table, TableColumn

_MONEY, _SHARE, _TIME = "numeric(18,2)", "double precision", "timestamp with time zone"
_MADE = (
    TableColumn("metric_version", "text", not_null=True),
    TableColumn("model_run_id", "text", not_null=True),
    TableColumn("run_id", "text"),
    TableColumn("made_at", _TIME, not_null=True, extras=" default now()"),
)
"""Where a row comes from: the definition of revenue, the run of MLflow, that of Dagster, and when."""

FORECAST = Table(
    schema="finance",
    name="revenue_forecast",
    columns=(
        TableColumn("as_of", "date", not_null=True),
        TableColumn("grain", "text", not_null=True),
        TableColumn("period_start", "date", not_null=True),
        TableColumn("forecast", _MONEY, not_null=True),
        TableColumn("lower_80", _MONEY, not_null=True),
        TableColumn("upper_80", _MONEY, not_null=True),
        TableColumn("lower_95", _MONEY, not_null=True),
        TableColumn("upper_95", _MONEY, not_null=True),
        TableColumn("method", "text", not_null=True),
        TableColumn("reason", "text", not_null=True),
        *_MADE,
    ),
    comment="One row is the revenue of one day or month as it was forecast once, from what was known as of a day.",
)
BACKTESTS = Table(
    schema="models",
    name="revenue_backtests",
    columns=(
        TableColumn("as_of", "date", not_null=True),
        TableColumn("grain", "text", not_null=True),
        TableColumn("method", "text", not_null=True),
        TableColumn("reason", "text", not_null=True),
        TableColumn("interval_source", "text", not_null=True),
        TableColumn("periods", "integer", not_null=True),
        TableColumn("missing", "integer", not_null=True),
        TableColumn("origins", "integer", not_null=True),
        *(TableColumn(figure, _SHARE) for figure in ("mase", "baseline_mase", "ets_mase")),
        *(TableColumn(figure, _SHARE) for figure in ("coverage_80", "coverage_95", "bias")),
        TableColumn("total_days", "integer"),
        *(TableColumn(figure, _MONEY) for figure in ("total", "total_lower_80", "total_upper_80")),
        *(TableColumn(figure, _MONEY) for figure in ("total_lower_95", "total_upper_95")),
        TableColumn("history_sha256", "text", not_null=True),
        *_MADE,
    ),
    comment="One row is one grain of one forecast: its method, why that one, and what the backtest says.",
)
FORECAST_TABLES = (FORECAST, BACKTESTS)

_ONCE = f"""
create unique index if not exists finance_revenue_forecast_once
on {FORECAST.qualified} (model_run_id, grain, period_start)
"""
_REFUSE = """
create or replace function models.refuse_change_of_forecast() returns trigger language plpgsql as $refuse$
begin
    raise exception '%.% is append-only: % is refused', tg_table_schema, tg_table_name, lower(tg_op)
        using hint = 'A forecast that was wrong is followed by another one with a later made_at.';
end
$refuse$
"""
_APPEND_ONLY = [
    f"""
create or replace trigger append_only before update or delete or truncate on {table.qualified}
for each statement execute function models.refuse_change_of_forecast()
"""
    for table in FORECAST_TABLES
]
_LATEST = f"""
create or replace view finance.revenue_forecast_latest as
select * from {FORECAST.qualified}
where made_at = (select max(made_at) from {BACKTESTS.qualified})
"""

FORECAST_GUARDS = (_ONCE, _REFUSE, *_APPEND_ONLY, _LATEST)
"""Statements after the tables' own: the key, the refusal of any change, and the newest forecast as a view.

A forecast that has nothing to say has no row of its own, so that the view is empty then and shows no older one."""
