-- The totals are those of the accepted rows themselves: mart = fact = staging, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'headline_metrics'}}}) }}

with

headline as (

    select
        total_revenue,
        transactions,
        leads,
        conversions,
        spend
    from {{ ref('headline_metrics') }}

),

revenue as (

    select
        coalesce(sum(amount), 0) as total_revenue,
        count(*) as transactions
    from {{ ref('stg_transactions') }}
    where is_counted

),

marketing as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('stg_marketing_events') }}

),

staged as (

    select
        revenue.total_revenue,
        revenue.transactions,
        marketing.leads,
        marketing.conversions,
        marketing.spend
    from revenue
    cross join marketing

),

final as (

    select * from staged
    except
    select * from headline

)

select * from final
