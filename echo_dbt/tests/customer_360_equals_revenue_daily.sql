-- Every counted line belongs to a customer of the dimension: the customers add up to the days.
{{ config(meta={'dagster': {'ref': {'name': 'customer_360'}}}) }}

with

totals as (

    select
        coalesce(sum(lifetime_value), 0) as revenue,
        coalesce(sum(orders), 0) as transactions
    from {{ ref('customer_360') }}

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
