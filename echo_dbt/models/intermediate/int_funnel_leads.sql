with

funnel_events as (

    select * from {{ ref('fact_funnel_events') }}

),

ranked_events as (

    select
        event_id,
        lead_id,
        event_at,
        event_date,
        campaign_key,
        {{ funnel_stage_rank('stage') }} as stage_rank
    from funnel_events

),

numbered_events as (

    select
        *,
        row_number() over (
            partition by lead_id
            order by event_at asc, stage_rank asc, event_id collate "C" asc
        ) as event_number,
        max(stage_rank) over (partition by lead_id) as furthest_stage
    from ranked_events

),

final as (

    select
        lead_id,
        event_at as first_event_at,
        {{ month_start('event_date') }} as lead_month,
        campaign_key,
        furthest_stage
    from numbered_events
    where event_number = 1

)

select * from final
