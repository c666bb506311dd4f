{#- Facts are joined to it at once: without statistics the planner would hash the fact instead. -#}
{{ config(post_hook='analyze {{ this }}') }}

with

channel_map as (

    select * from {{ ref('channel_map') }}

),

members as (

    select * from {{ ref('int_transaction_members') }}

),

marketing_events as (

    select * from {{ ref('stg_marketing_events') }}

),

customers as (

    select * from {{ ref('stg_customers') }}

),

funnel_events as (

    select * from {{ ref('stg_funnel_events') }}

),

transaction_labels as (

    select channel from members
    where kind = 'channel'

),

seen_labels as (

    select channel as label from transaction_labels
    union
    select channel as label from marketing_events
    union
    select acquisition_channel as label from customers
    union
    select channel as label from funnel_events

),

mapped_channels as (

    select distinct
        {{ channel_label('channel') }} as channel_id,
        channel,
        true as is_mapped
    from channel_map

),

labels as (

    select
        {{ channel_label('label') }} as channel_id,
        min(btrim(label) collate "C") as channel
    from seen_labels
    where btrim(label) <> ''
    group by 1

),

unmapped_channels as (

    select
        labels.channel_id,
        labels.channel,
        false as is_mapped
    from labels
    left join channel_map
        on labels.channel_id = channel_map.label
    where channel_map.label is null

),

channels as (

    select * from mapped_channels
    union all
    select * from unmapped_channels

),

final as (

    select
        {{ surrogate_key(['channel_id']) }} as channel_key,
        channel_id,
        channel,
        is_mapped
    from channels

    union all

    select
        -1 as channel_key,
        null as channel_id,
        '(unknown)' as channel,
        false as is_mapped

)

select * from final
