with

marketing_events as (

    select * from {{ ref('stg_marketing_events') }}

),

funnel_events as (

    select * from {{ ref('stg_funnel_events') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

channel_map as (

    select * from {{ ref('channel_map') }}

),

seen_campaigns as (

    select
        channel,
        campaign
    from marketing_events
    group by channel, campaign
    union
    select
        channel,
        campaign
    from funnel_events
    group by channel, campaign

),

conformed_campaigns as (

    select distinct
        coalesce(channels.channel_key, -1) as channel_key,
        coalesce(channels.channel, '(unknown)') as channel,
        coalesce(seen_campaigns.campaign, '(none)') as campaign
    from seen_campaigns
    left join channel_map
        on {{ channel_label('seen_campaigns.channel') }} = channel_map.label
    left join channels
        on
            {{ channel_label('coalesce(channel_map.channel, seen_campaigns.channel)') }}
            = channels.channel_id

),

final as (

    select
        {{ surrogate_key(['channel_key', 'campaign']) }} as campaign_key,
        channel_key,
        channel,
        campaign
    from conformed_campaigns

    union all

    select
        -1 as campaign_key,
        -1 as channel_key,
        '(unknown)' as channel,
        '(unknown)' as campaign

)

select * from final
