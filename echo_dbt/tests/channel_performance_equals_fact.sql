-- The channels add up to the fact.
{{ config(meta={'dagster': {'ref': {'name': 'channel_performance'}}}) }}

with

channels as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('channel_performance') }}

),

events as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('fact_marketing') }}

),

final as (

    select * from channels
    except
    select * from events

)

select * from final
