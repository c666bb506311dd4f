with

funnel_events as (

    select * from {{ ref('fact_funnel_events') }}

),

conversions as (

    select
        lead_id,
        min(event_at) as converted_at,
        min(event_date) as converted_date
    from funnel_events
    where stage = 'customer'
    group by 1

),

touches as (

    select
        funnel_events.event_id,
        funnel_events.lead_id,
        funnel_events.campaign_key,
        funnel_events.event_at as touched_at,
        conversions.converted_at,
        conversions.converted_date,
        {{ funnel_stage_rank('funnel_events.stage') }} as stage_rank
    from funnel_events
    inner join conversions
        on funnel_events.lead_id = conversions.lead_id
    where
        funnel_events.event_at
        >= conversions.converted_at - make_interval(hours => 24 * {{ var('attribution_window_days', 90) }})
        and funnel_events.event_at <= conversions.converted_at

),

numbered_touches as (

    select
        *,
        row_number() over (
            partition by lead_id
            order by touched_at asc, stage_rank asc, event_id collate "C" asc
        ) as touch_number,
        count(*) over (partition by lead_id) as touches
    from touches

),

with_shares as (

    select
        *,
        trunc(1.0 / touches, 6) as equal_share
    from numbered_touches

),

final as (

    select
        event_id,
        lead_id,
        campaign_key,
        touched_at,
        converted_at,
        converted_date,
        touch_number,
        touches,
        case when touch_number = 1 then 1.0 else 0.0 end as first_touch_weight,
        case when touch_number = touches then 1.0 else 0.0 end as last_touch_weight,
        case
            when touch_number = touches then 1 - (touches - 1) * equal_share
            else equal_share
        end as linear_weight
    from with_shares

)

select * from final
