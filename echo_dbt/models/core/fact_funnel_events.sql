{{
    config(
        materialized='incremental',
        incremental_strategy='replace_window',
        on_schema_change='fail',
        indexes=[{'columns': ['event_date']}],
        meta={'echo': {'reach': 'day', 'day_column': 'event_date'}},
    )
}}

with

funnel_events as (

    select * from {{ ref('stg_funnel_events') }}
    where {{ in_window('event_date') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

channel_map as (

    select * from {{ ref('channel_map') }}

),

final as (

    select
        funnel_events.event_id,
        coalesce(dates.date_key, -1) as date_key,
        funnel_events.event_date,
        funnel_events.event_at,
        coalesce(channels.channel_key, -1) as channel_key,
        coalesce(campaigns.campaign_key, -1) as campaign_key,
        coalesce(funnel_events.campaign, '(none)') as campaign,
        funnel_events.lead_id,
        funnel_events.stage
    from funnel_events
    left join dates
        on funnel_events.event_date = dates.full_date
    left join channel_map
        on {{ channel_label('funnel_events.channel') }} = channel_map.label
    left join channels
        on
            {{ channel_label('coalesce(channel_map.channel, funnel_events.channel)') }}
            = channels.channel_id
    left join campaigns
        on
            channels.channel_key = campaigns.channel_key
            and coalesce(funnel_events.campaign, '(none)') = campaigns.campaign

)

select * from final
