"""What the warehouse knows for planning: how many units come by a day, and what those under control did."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from echo_ml.experiments.design import Metric
    from echo_ml.experiments.moments import Moments

_MEASURED = """
with units as (
    select
        facts.experiment_id, facts.user_id, facts.assigned_date,
        coalesce(facts.variant_name = experiments.control, false) as is_control,
        max(facts.assigned_date) over () as last_day
    from core.fact_experiments as facts
    join core.dim_experiment as experiments using (experiment_key)
    where not facts.is_excluded and experiments.unit = %(unit)s
), lately as (
    select * from units where assigned_date > last_day - %(days)s
), outcomes as (
    select experiment_id, user_id, sum(numerator)::float8 as numerator, sum(denominator)::float8 as denominator
    from experiments.experiment_outcomes where metric = %(metric)s
    group by experiment_id, user_id
), valued as (
    select
        lately.*, coalesce(outcomes.numerator, 0) as numerator,
        case when %(is_ratio)s then coalesce(outcomes.denominator, 0) else 0 end as x
    from lately left join outcomes using (experiment_id, user_id)
), bound as (
    select percentile_cont(%(quantile)s) within group (order by numerator) as highest from valued where is_control
), bounded as (
    select valued.*, least(numerator, highest) as y from valued cross join bound
)
select
    min(assigned_date) as first_day, max(assigned_date) as last_day, count(distinct user_id) as units,
    count(distinct experiment_id) as experiments, count(*) filter (where is_control) as users,
    sum(y) filter (where is_control) as y, sum(y * y) filter (where is_control) as yy,
    sum(x) filter (where is_control) as x, sum(x * x) filter (where is_control) as xx,
    sum(x * y) filter (where is_control) as xy
from bounded
"""
_SUMS = ("users", "y", "yy", "x", "xx", "xy")


@dataclass(frozen=True)
class Traffic:
    """Units that experiments had from `first_day` to `last_day`, and the metric of those under control."""

    first_day: date
    last_day: date
    units: int
    experiments: int
    control: Moments

    @property
    def users_a_day(self) -> float:
        """How many different units came by, on average."""
        return self.units / ((self.last_day - self.first_day).days + 1)


def measured(connection: Connection[Any], metric: Metric, unit: str, days: int) -> Traffic | None:
    """What was measured of a metric in the last days on which experiments had units of a kind; None if they had none.

    Units that must not be compared are left out; a winsorised metric is cut at its quantile among those under control.
    """
    from echo_ml.experiments.design import MetricKind
    from echo_ml.experiments.moments import Moments

    asked = {
        "metric": metric.name, "unit": unit, "days": days, "is_ratio": metric.kind is MetricKind.RATIO,
        "quantile": 1.0 if metric.winsorised_at is None else metric.winsorised_at,
    }  # fmt: skip
    with connection.cursor(row_factory=dict_row) as cursor:
        row = cursor.execute(_MEASURED, asked).fetchone()
    if row is None or not row["users"]:
        return None
    control = Moments.of(*(row[name] for name in _SUMS))
    return Traffic(row["first_day"], row["last_day"], row["units"], row["experiments"], control)
