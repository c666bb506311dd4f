-- The products add up to the days, to the cent and to the line; the days add up to the fact.
{{ config(meta={'dagster': {'ref': {'name': 'revenue_by_product'}}}) }}

with

products as (

    select
        coalesce(sum(total_revenue), 0) as revenue,
        coalesce(sum(transactions), 0)::bigint as transactions
    from {{ ref('revenue_by_product') }}

),

days as (

    select
        coalesce(sum(revenue), 0) as revenue,
        coalesce(sum(transactions), 0)::bigint as transactions
    from {{ ref('revenue_daily') }}

),

final as (

    select * from products
    except
    select * from days

)

select * from final
