{%- set figures = [
    ('conversions', 'experiment_conversion_rate', 'conversions', 'null'),
    ('conversions', 'revenue_per_user', 'revenue', 'null'),
    ('conversions', 'revenue_per_user_winsorised', 'revenue', 'null'),
    ('conversions', 'revenue_per_conversion', 'revenue', 'conversions'),
    ('order_days', 'orders_per_user', 'orders', 'null'),
    ('order_days', 'order_revenue_per_user', 'order_revenue', 'null'),
    ('order_days', 'revenue_per_order', 'order_revenue', 'orders'),
    ('order_days', 'refunds_per_user', 'refunds', 'null'),
] -%}

with

assignments as (

    select * from {{ ref('fact_experiments') }}
    where not is_excluded

),

experiments as (

    select * from {{ ref('dim_experiment') }}

),

transactions as (

    select * from {{ ref('fact_transactions') }}
    where
        is_counted
        or status = 'refunded'

),

conversions as (

    select
        experiment_key,
        experiment_id,
        user_id,
        variant_name,
        assigned_date,
        coalesce(converted_date, assigned_date) as outcome_date,
        converted::int as conversions,
        revenue
    from assignments

),

order_days as (

    select
        assignments.experiment_key,
        assignments.experiment_id,
        assignments.user_id,
        assignments.variant_name,
        assignments.assigned_date,
        transactions.transaction_date as outcome_date,
        count(*) filter (where transactions.is_counted) as orders,
        coalesce(sum(transactions.amount) filter (where transactions.is_counted), 0) as order_revenue,
        count(*) filter (where transactions.status = 'refunded') as refunds
    from assignments
    inner join experiments
        on assignments.experiment_key = experiments.experiment_key
    inner join transactions
        on
            assignments.user_id = transactions.customer_id
            and assignments.assigned_date <= transactions.transaction_date
            and coalesce(experiments.last_date, 'infinity'::date) >= transactions.transaction_date
    where experiments.unit = 'customer'
    group by 1, 2, 3, 4, 5, 6

),

outcomes as (
    {% for days, metric, numerator, denominator in figures %}
        select
            experiment_key,
            experiment_id,
            user_id,
            variant_name,
            assigned_date,
            '{{ metric }}' as metric,
            outcome_date,
            {{ numerator }}::numeric(18, 2) as numerator,
            {{ denominator }}::bigint as denominator
        from {{ days }}
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}

),

final as (

    select
        experiment_key,
        experiment_id,
        user_id,
        variant_name,
        assigned_date,
        metric,
        outcome_date,
        numerator,
        denominator
    from outcomes
    where
        numerator <> 0
        or denominator <> 0

)

select * from final
