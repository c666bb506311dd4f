"""The asset `models/revenue_forecast`: revenue of the next days and months. Its checks are in `forecast_checks.py`.

What is read, recorded, due and told is in `forecast`; how revenue is forecast is in `echo_ml/models/forecast`.
"""

from typing import Any

import dagster as dg

from echo_assets.forecast import due
from echo_assets.forecast.making import Made, make
from echo_assets.sources import Sources

FORECAST = dg.AssetKey.from_user_string(due.KEY)


def revenue_forecast(sources: Sources) -> dg.AssetsDefinition:
    """Define the asset; a refresh makes it when `due.due_forecast` says so."""

    @dg.asset(
        key=FORECAST,
        group_name="models",
        owners=["team:analytics_team"],
        kinds={"postgres", "statsmodels", "mlflow"},
        deps=[dg.AssetKey.from_user_string(model) for model in due.READS],
        metadata={"dagster/table_name": "finance.revenue_forecast"},
        pool="models",
    )
    def build(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        """One row is the revenue of one day or month as it was forecast once, with intervals, method and reason.

        Exponential smoothing where it beat the last week (or month) by more than noise when both forecast the recent
        past; otherwise that is repeated. A month that has begun is the sum of its days. Rows are only added.
        """
        made = make(context, sources)
        if not made.is_up_to_date:
            context.log.warning("models above are out of date: revenue is forecast again when they are built")
        return dg.MaterializeResult(metadata=_shown(made))

    return build


def _shown(made: Made) -> dict[str, Any]:
    """What the UI shows: tables, a picture, and the run of MLflow."""
    if made.found is None:
        return {"rows_added": 0, "nothing_known": "there is no revenue yet"}
    from base64 import b64encode

    from echo_ml.models.forecast import pictures, tables

    found = made.found
    picture = b64encode(pictures.picture_of(found)).decode()
    return {
        "as_of": found.as_of.isoformat(),
        "rows_added": len(found.rows) if made.is_new else 0,
        "forecast": dg.MetadataValue.md(tables.table_of(found)),
        "backtest": dg.MetadataValue.md(tables.backtest_table(found)),
        "picture": dg.MetadataValue.md(f"![Revenue and its forecast](data:image/png;base64,{picture})"),
        "mlflow_run_id": made.model_run_id,
        "mlflow_run": dg.MetadataValue.url(made.link),
    }
