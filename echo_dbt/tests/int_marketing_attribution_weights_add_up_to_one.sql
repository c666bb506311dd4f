-- Every model gives each converted lead away exactly once, and none of the leads of the fact is missing.
{{ config(meta={'dagster': {'ref': {'name': 'int_marketing_attribution'}}}) }}

with

converted_leads as (

    select lead_id
    from {{ ref('fact_funnel_events') }}
    where stage = 'customer'
    group by 1

),

weights as (

    select
        lead_id,
        sum(first_touch_weight) as first_touch_weight,
        sum(last_touch_weight) as last_touch_weight,
        sum(linear_weight) as linear_weight
    from {{ ref('int_marketing_attribution') }}
    group by 1

),

final as (

    select
        coalesce(converted_leads.lead_id, weights.lead_id) as lead_id,
        weights.first_touch_weight,
        weights.last_touch_weight,
        weights.linear_weight
    from converted_leads
    full outer join weights
        on converted_leads.lead_id = weights.lead_id
    where
        converted_leads.lead_id is null
        or weights.first_touch_weight is distinct from 1
        or weights.last_touch_weight is distinct from 1
        or weights.linear_weight is distinct from 1

)

select * from final
