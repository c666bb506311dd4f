-- The daily metrics add up to the days, to the cent and to the line.
{{ config(meta={'dagster': {'ref': {'name': 'metrics_daily'}}}) }}

with

totals as (

    select
        coalesce(sum(value) filter (where metric = 'total_revenue'), 0) as revenue,
        coalesce(sum(value) filter (where metric = 'transactions'), 0) as transactions
    from {{ ref('metrics_daily') }}

),

days as (

    select
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(transactions), 0) as transactions
    from {{ ref('revenue_daily') }}

),

final as (

    select * from totals
    except
    select * from days

)

select * from final
