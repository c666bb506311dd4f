-- The campaigns add up to the marketing fact and, in every model, to the converted leads, none lost and none twice.
{{ config(meta={'dagster': {'ref': {'name': 'campaign_roi'}}}) }}

with

marketing as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend
    from {{ ref('fact_marketing') }}

),

funnel as (

    select count(distinct lead_id)::numeric as customers
    from {{ ref('fact_funnel_events') }}
    where stage = 'customer'

),

expected as (

    select
        marketing.leads,
        marketing.conversions,
        marketing.spend,
        funnel.customers as first_touch_customers,
        funnel.customers as last_touch_customers,
        funnel.customers as linear_customers
    from marketing
    cross join funnel

),

campaigns as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend,
        coalesce(sum(first_touch_customers), 0) as first_touch_customers,
        coalesce(sum(last_touch_customers), 0) as last_touch_customers,
        coalesce(sum(linear_customers), 0) as linear_customers
    from {{ ref('campaign_roi') }}

),

final as (

    select * from campaigns
    except
    select * from expected

)

select * from final
