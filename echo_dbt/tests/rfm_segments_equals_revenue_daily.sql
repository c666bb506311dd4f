-- The customers add up to the days, to the cent and to the line.
{{ config(meta={'dagster': {'ref': {'name': 'rfm_segments'}}}) }}

with

totals as (

    select
        coalesce(sum(monetary), 0) as revenue,
        coalesce(sum(frequency), 0) as transactions
    from {{ ref('rfm_segments') }}

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
