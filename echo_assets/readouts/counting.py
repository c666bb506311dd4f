"""The statements that count experiments, each for all experiments of a day at once; `evidence.py` makes values of them.

A unit that must not be compared is left out of every day, also of days before that was found out: it is a correction of
the data. Whatever else is dated after the day is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

Row = dict[str, Any]

EXPERIMENTS = "select * from core.dim_experiment where experiment_id = any(%(experiments)s)"

METRICS = """
select metric as name, kind, definition, unit, winsorised_at::float8, lower_is_better, is_of_customers
from finance.metrics_catalog
where kind is not null
"""

_UNITS = """
with units as materialized (
    select
        units.experiment_id, units.variant_name, units.user_id, units.assigned_date,
        case when units.customer_key <> -1 then coalesce(customers.segment, '(none)') end as segment,
        coalesce(covariates.spent_before, 0) as spent
    from core.fact_experiments as units
    left join core.dim_customer as customers using (customer_key)
    left join experiments.experiment_covariates as covariates using (experiment_id, user_id)
    where units.experiment_id = any(%(experiments)s) and not units.is_excluded and units.assigned_date <= %(as_of)s
)"""

_BY_DAY_AND_SEGMENT = """
group by grouping sets ((experiment_id, metric, variant_name, assigned_date),
    (experiment_id, metric, variant_name, segment))
having grouping(segment) = 1 or segment is not null
"""

USERS = f"""{_UNITS}
select experiment_id, variant_name, assigned_date, segment,
    count(*)::float8 as users, sum(spent)::float8 as x, sum(spent * spent)::float8 as xx
from (select *, null as metric from units) as units
{_BY_DAY_AND_SEGMENT}
"""

OUTCOMES = f"""{_UNITS},
known as materialized (
    select experiment_id, user_id, metric, sum(numerator) as y, sum(denominator) as d
    from experiments.experiment_outcomes
    where experiment_id = any(%(experiments)s) and outcome_date <= %(as_of)s
    group by experiment_id, user_id, metric
),
caps as (
    select
        units.experiment_id, metrics.metric,
        percentile_cont(metrics.winsorised_at::float8) within group (order by coalesce(known.y, 0)::float8) as cap
    from finance.metrics_catalog as metrics
    cross join units
    left join known
        on known.experiment_id = units.experiment_id and known.user_id = units.user_id and known.metric = metrics.metric
    where metrics.winsorised_at is not null
    group by units.experiment_id, metrics.metric, metrics.winsorised_at
),
valued as (
    select
        units.experiment_id, known.metric, units.variant_name, units.assigned_date, units.segment, units.spent,
        least(known.y, nullif(caps.cap, 0)::numeric) as y, known.d
    from known
    join units using (experiment_id, user_id)
    left join caps using (experiment_id, metric)
)
select experiment_id, metric, variant_name, assigned_date, segment,
    sum(y)::float8 as y, sum(y * y)::float8 as yy, sum(y * spent)::float8 as xy,
    sum(d)::float8 as d, sum(d * d)::float8 as dd, sum(d * y)::float8 as dy
from valued
{_BY_DAY_AND_SEGMENT}
"""
"""A unit without an outcome adds nothing to a sum of its values, so that only those with one are looked at.

Values above a metric's quantile, taken over all units of the experiment, count as the quantile."""

EXCLUDED = """
select experiment_id, variant_name, exclusion_reason,
    count(*) as users, count(*) filter (where has_conversion_before_exposure) as early
from core.fact_experiments
where experiment_id = any(%(experiments)s) and assigned_date <= %(as_of)s
    and (is_excluded or has_conversion_before_exposure)
group by experiment_id, variant_name, exclusion_reason
"""

SOURCE = """
select
    greatest(
        max(assigned_at) filter (where assigned_date <= %(as_of)s),
        max(converted_at) filter (where converted_date <= %(as_of)s)
    ) as newest,
    coalesce(bool_or(assigned_date > %(as_of)s or converted_date > %(as_of)s), false) as is_known_later,
    (
        select coalesce(sum(quarantined)::float8 / nullif(sum(rows_in_file), 0), 0)
        from (
            select distinct on (partition_key) quarantined, rows_in_file from ops.loads
            where source = 'experiment_assignments' and status in ('loaded', 'replaced')
            order by partition_key, load_id desc
        ) as standing
    ) as rejected_share
from core.fact_experiments
"""
"""Of all experiments: how far they are known, and what share of the rows of the files that stand was rejected."""


def counted(connection: Connection[Any], statement: str, as_of: date, experiments: Sequence[str] = ()) -> list[Row]:
    """The rows of one of the statements above."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement.encode(), {"as_of": as_of, "experiments": list(experiments)}).fetchall()
