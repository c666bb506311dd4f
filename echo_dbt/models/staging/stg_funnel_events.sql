with

funnel_events as (

    select * from {{ source('staging', 'funnel_events') }}

),

final as (

    select
        event_id,
        lead_id,
        channel,
        campaign,
        stage,
        event_at,
        {{ business_day('event_at') }} as event_date,
        _row_id

    from funnel_events

)

select * from final
