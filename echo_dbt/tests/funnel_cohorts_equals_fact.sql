-- The cohorts add up to the leads and the converted leads of the fact; no later stage has more leads than an earlier.
{{ config(meta={'dagster': {'ref': {'name': 'funnel_cohorts'}}}) }}

with

expected as (

    select
        count(distinct lead_id) as leads,
        count(distinct lead_id) filter (where stage = 'customer') as customers,
        0::bigint as rising
    from {{ ref('fact_funnel_events') }}

),

cohorts as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(customers), 0)::bigint as customers,
        count(*) filter (
            where qualified > leads or opportunities > qualified or customers > opportunities
        ) as rising
    from {{ ref('funnel_cohorts') }}

),

final as (

    select * from cohorts
    except
    select * from expected

)

select * from final
