with

user_events as (

    select * from {{ source('streaming', 'user_events') }}

),

final as (

    select
        event_id,
        event_type,
        event_at,
        {{ business_day('event_at') }} as event_date,
        user_id,
        payload,
        _row_id

    from user_events

)

select * from final
