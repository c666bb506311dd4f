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

marketing_events as (

    select * from {{ ref('stg_marketing_events') }}
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
        marketing_events.event_id,
        coalesce(dates.date_key, -1) as date_key,
        marketing_events.event_date,
        coalesce(channels.channel_key, -1) as channel_key,
        coalesce(campaigns.campaign_key, -1) as campaign_key,
        coalesce(marketing_events.campaign, '(none)') as campaign,
        marketing_events.leads,
        marketing_events.conversions,
        marketing_events.spend
    from marketing_events
    left join dates
        on marketing_events.event_date = dates.full_date
    left join channel_map
        on {{ channel_label('marketing_events.channel') }} = channel_map.label
    left join channels
        on
            {{ channel_label('coalesce(channel_map.channel, marketing_events.channel)') }}
            = channels.channel_id
    left join campaigns
        on
            channels.channel_key = campaigns.channel_key
            and coalesce(marketing_events.campaign, '(none)') = campaigns.campaign

)

select * from final
