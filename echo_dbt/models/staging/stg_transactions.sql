{#- What a file says of a transaction stands, whatever the stream said of it, and whichever came first. -#}
with

revenue as (

    select * from {{ source('staging', 'revenue') }}

),

streamed_transactions as (

    select * from {{ source('streaming', 'transactions') }}

),

stream_events as (

    select * from {{ ref('stg_stream_events') }}

),

lines_of_files as (

    select
        transaction_id,
        transaction_date,
        amount,
        currency,
        customer_id,
        product_id,
        product,
        quantity,
        discount,
        channel,
        status,
        payment_method,
        _row_id
    from revenue

),

lines_of_stream as (

    select
        streamed_transactions.transaction_id,
        {{ business_day('streamed_transactions.first_at') }} as transaction_date,
        streamed_transactions.amount,
        streamed_transactions.currency,
        stream_events.payload ->> 'customer_id' as customer_id,
        stream_events.payload ->> 'product_id' as product_id,
        {{ text_of('stream_events.payload', 'product') }} as product,
        (stream_events.payload ->> 'quantity')::numeric(18, 3) as quantity,
        (stream_events.payload ->> 'discount')::numeric(18, 2) as discount,
        {{ text_of('stream_events.payload', 'channel') }} as channel,
        stream_events.payload ->> 'status' as status,
        {{ text_of('stream_events.payload', 'payment_method') }} as payment_method,
        null::bigint as _row_id
    from stream_events
    inner join streamed_transactions
        on stream_events.event_id = streamed_transactions.event_id
    left join revenue
        on streamed_transactions.transaction_id = revenue.transaction_id
    where revenue.transaction_id is null

),

lines as (

    select * from lines_of_files
    union all
    select * from lines_of_stream

),

final as (

    select
        *,
        status in ({{ counted_statuses() }}) as is_counted
    from lines

)

select * from final
