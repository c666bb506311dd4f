-- What compared units did is in the outcomes once, to the cent: conversions, revenue, orders and their revenue.
{{ config(meta={'dagster': {'ref': {'name': 'experiment_outcomes'}}}) }}

with

units as (

    select * from {{ ref('fact_experiments') }}
    where not is_excluded

),

experiments as (

    select * from {{ ref('dim_experiment') }}

),

orders as (

    select
        transaction_date,
        customer_id,
        amount
    from {{ ref('fact_transactions') }}
    where is_counted

),

sales as (

    select
        units.experiment_id,
        orders.amount
    from orders
    inner join units
        on orders.customer_id = units.user_id
    inner join experiments
        on units.experiment_key = experiments.experiment_key
    where
        experiments.unit = 'customer'
        and not orders.transaction_date < units.assigned_date
        and not coalesce(orders.transaction_date > experiments.last_date, false)

),

expected as (

    select
        'experiment_conversion_rate' as metric,
        count(*) filter (where converted)::numeric as numerator
    from units
    union all
    select
        'revenue_per_user' as metric,
        coalesce(sum(revenue), 0) as numerator
    from units
    union all
    select
        'orders_per_user' as metric,
        count(*)::numeric as numerator
    from sales
    union all
    select
        'order_revenue_per_user' as metric,
        coalesce(sum(amount), 0) as numerator
    from sales

),

found as (

    select
        metric,
        sum(numerator) as numerator
    from {{ ref('experiment_outcomes') }}
    group by metric

),

final as (

    select expected.metric
    from expected
    left join found
        on expected.metric = found.metric
    where expected.numerator <> coalesce(found.numerator, 0)

)

select * from final
