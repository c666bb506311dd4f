-- Every accepted marketing row of the window is in the fact exactly once.
{{ config(meta={'dagster': {'ref': {'name': 'fact_marketing'}}}) }}

with

staged as (

    select
        count(*) as events,
        coalesce(sum(leads), 0) as leads,
        coalesce(sum(conversions), 0) as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('stg_marketing_events') }}
    where {{ in_window('event_date') }}

),

built as (

    select
        count(*) as events,
        coalesce(sum(leads), 0) as leads,
        coalesce(sum(conversions), 0) as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('fact_marketing') }}
    where {{ in_window('event_date') }}

),

final as (

    select * from staged
    except
    select * from built

)

select * from final
