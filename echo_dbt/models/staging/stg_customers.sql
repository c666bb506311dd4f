{#- A signup stands until a file knows the customer; from then on the file's log does. -#}
with

customers as (

    select * from {{ source('staging', 'customers') }}

),

stream_events as (

    select * from {{ ref('stg_stream_events') }}

),

states_of_files as (

    select
        customer_id,
        updated_at,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        is_deleted,
        _row_id
    from customers

),

signups as (

    select distinct on (stream_events.user_id)
        stream_events.user_id as customer_id,
        stream_events.event_at as updated_at,
        {{ text_of('stream_events.payload', 'email') }} as email,
        {{ text_of('stream_events.payload', 'name') }} as name,
        {{ text_of('stream_events.payload', 'segment') }} as segment,
        {{ text_of('stream_events.payload', 'plan_type') }} as plan_type,
        {{ text_of('stream_events.payload', 'acquisition_channel') }} as acquisition_channel,
        stream_events.event_at as created_at,
        null::boolean as is_deleted,
        null::bigint as _row_id
    from stream_events
    left join customers
        on stream_events.user_id = customers.customer_id
    where
        stream_events.event_type = 'signup'
        and customers.customer_id is null
    order by stream_events.user_id, stream_events.event_at, stream_events.event_id

),

final as (

    select * from states_of_files
    union all
    select * from signups

)

select * from final
