with

funnel_events as (

    select * from {{ ref('fact_funnel_events') }}

),

first_events as (

    select distinct on (lead_id)
        lead_id,
        event_at as first_event_at,
        {{ month_start('event_date') }} as lead_month,
        campaign_key
    from funnel_events
    order by
        lead_id asc,
        event_at asc,
        {{ funnel_stage_rank('stage') }} asc,
        event_id collate "C" asc

),

furthest_stages as (

    select
        lead_id,
        max({{ funnel_stage_rank('stage') }}) as furthest_stage
    from funnel_events
    group by lead_id

),

final as (

    select
        first_events.lead_id,
        first_events.first_event_at,
        first_events.lead_month,
        first_events.campaign_key,
        furthest_stages.furthest_stage
    from first_events
    inner join furthest_stages
        on first_events.lead_id = furthest_stages.lead_id

)

select * from final
