with

marketing as (

    select * from {{ ref('fact_marketing') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

by_channel as (

    select
        channel_key,
        sum(leads)::bigint as leads,
        sum(conversions)::bigint as conversions,
        sum(spend) as spend
    from marketing
    group by 1

),

with_ratios as (

    select
        by_channel.channel_key,
        channels.channel,
        by_channel.leads,
        by_channel.conversions,
        by_channel.spend,
        {{ calculate_conversion_rate('by_channel.conversions', 'by_channel.leads') }} as conversion_rate,
        {{ calculate_ratio('by_channel.spend', 'by_channel.conversions') }} as cost_per_conversion,
        {{ calculate_ratio('by_channel.spend', 'by_channel.leads') }} as cost_per_lead
    from by_channel
    inner join channels
        on by_channel.channel_key = channels.channel_key

),

final as (

    select
        *,
        row_number() over (
            order by conversion_rate desc nulls last, conversions desc, channel collate "C"
        ) as rank_by_rate,
        row_number() over (
            order by conversions desc, conversion_rate desc nulls last, channel collate "C"
        ) as rank_by_volume
    from with_ratios

)

select * from final
