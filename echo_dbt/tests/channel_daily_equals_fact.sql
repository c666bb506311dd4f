-- The channels of a snapshot have the leads, conversions and spend of the days in its windows.
{{ config(meta={'dagster': {'ref': {'name': 'channel_daily'}}}) }}

{%- set is_of_week = 'marketing_events.event_date > channels.snapshot_date - 7' %}

with

channels as (

    select
        snapshot_date,
        sum(leads_7d) as leads_7d,
        sum(conversions_7d) as conversions_7d,
        sum(spend_7d) as spend_7d,
        sum(leads_28d) as leads_28d,
        sum(conversions_28d) as conversions_28d,
        sum(spend_28d) as spend_28d
    from {{ ref('channel_daily') }}
    where {{ in_window('snapshot_date') }}
    group by 1

),

marketing_events as (

    select * from {{ ref('fact_marketing') }}
    where channel_key <> -1

),

days as (

    select
        channels.snapshot_date,
        coalesce(sum(marketing_events.leads) filter (where {{ is_of_week }}), 0) as leads_7d,
        coalesce(sum(marketing_events.conversions) filter (where {{ is_of_week }}), 0) as conversions_7d,
        coalesce(sum(marketing_events.spend) filter (where {{ is_of_week }}), 0) as spend_7d,
        coalesce(sum(marketing_events.leads), 0) as leads_28d,
        coalesce(sum(marketing_events.conversions), 0) as conversions_28d,
        coalesce(sum(marketing_events.spend), 0) as spend_28d
    from channels
    left join marketing_events
        on
            channels.snapshot_date >= marketing_events.event_date
            and channels.snapshot_date - 28 < marketing_events.event_date
    group by 1

),

final as (

    select channels.*
    from channels
    inner join days
        on channels.snapshot_date = days.snapshot_date
    where
        (
            channels.leads_7d, channels.conversions_7d, channels.spend_7d,
            channels.leads_28d, channels.conversions_28d, channels.spend_28d
        ) <> (
            days.leads_7d, days.conversions_7d, days.spend_7d,
            days.leads_28d, days.conversions_28d, days.spend_28d
        )

)

select * from final
