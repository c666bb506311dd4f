{%- set is_streaming = load_relation(source('streaming', 'user_events')) is not none -%}

with

user_events as (

    {% if is_streaming %}
        select * from {{ source('streaming', 'user_events') }}
    {% else %}
        select
            null::text as event_id,
            null::text as event_type,
            null::timestamptz as event_at,
            null::jsonb as payload
        where false
    {% endif %}

),

final as (

    select
        event_id,
        event_type,
        event_at,
        {{ business_day('event_at') }} as event_date,
        payload

    from user_events

)

select * from final
