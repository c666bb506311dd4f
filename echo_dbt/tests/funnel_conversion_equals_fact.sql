-- Of every month and stage the campaigns add up to the distinct leads of the fact.
{{ config(meta={'dagster': {'ref': {'name': 'funnel_conversion'}}}) }}

with

events as (

    select distinct
        {{ month_start('event_date') }} as month,
        campaign_key,
        stage,
        lead_id
    from {{ ref('fact_funnel_events') }}

),

expected as (

    select
        month,
        count(*) filter (where stage = 'lead') as leads,
        count(*) filter (where stage = 'qualified') as qualified,
        count(*) filter (where stage = 'opportunity') as opportunities,
        count(*) filter (where stage = 'customer') as customers
    from events
    group by 1

),

months as (

    select
        month,
        sum(leads)::bigint as leads,
        sum(qualified)::bigint as qualified,
        sum(opportunities)::bigint as opportunities,
        sum(customers)::bigint as customers
    from {{ ref('funnel_conversion') }}
    group by 1

),

missing as (

    select * from months
    except
    select * from expected

),

unexpected as (

    select * from expected
    except
    select * from months

),

final as (

    select month from missing
    union all
    select month from unexpected

)

select * from final
