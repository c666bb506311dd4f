{{
    config(
        indexes=[{'columns': ['snapshot_date', 'channel_id']}],
        meta={'snapshots': snapshot_settings()},
    )
}}

{%- set age = 'snapshots.snapshot_date - channel_days.channel_date' %}

with

marketing_events as (

    select * from {{ ref('fact_marketing') }}

),

transactions as (

    select * from {{ ref('fact_transactions') }}

),

channels as (

    select * from {{ ref('dim_channel') }}
    where channel_key <> -1

),

{{ snapshots() }},

marketing_days as (

    select
        channel_key,
        event_date as channel_date,
        sum(leads) as leads,
        sum(conversions) as conversions,
        sum(spend) as spend,
        0 as orders,
        0.00 as revenue
    from marketing_events
    group by 1, 2

),

sales_days as (

    select
        channel_key,
        transaction_date as channel_date,
        0 as leads,
        0 as conversions,
        0.00 as spend,
        count(*) filter (where is_counted) as orders,
        coalesce(sum(amount) filter (where is_counted), 0) as revenue
    from transactions
    group by 1, 2

),

channel_days as (

    select * from marketing_days
    union all
    select * from sales_days

),

measures as (

    select
        channels.channel_id,
        snapshots.snapshot_date,
        snapshots.event_timestamp,
        {% for days in (7, 28) %}
            {% for measure in ('leads', 'conversions', 'spend') %}
                sum(channel_days.{{ measure }}) filter (where {{ age }} < {{ days }}) as {{ measure }}_{{ days }}d,
            {% endfor %}
        {% endfor %}
        sum(channel_days.orders) filter (where {{ age }} < 28) as orders_28d,
        sum(channel_days.revenue) filter (where {{ age }} < 28) as revenue_28d
    from channel_days
    inner join channels
        on channel_days.channel_key = channels.channel_key
    inner join snapshots
        on channel_days.channel_date <= snapshots.snapshot_date
    group by 1, 2, 3

),

final as (

    select
        channel_id,
        snapshot_date,
        event_timestamp,
        coalesce(leads_7d, 0)::bigint as leads_7d,
        coalesce(conversions_7d, 0)::bigint as conversions_7d,
        {{ calculate_conversion_rate('conversions_7d', 'leads_7d') }}::numeric(38, 16) as channel_conversion_rate,
        coalesce(spend_7d, 0)::numeric(18, 2) as spend_7d,
        {{ calculate_ratio('spend_7d', 'conversions_7d') }}::numeric(38, 16) as cost_per_conversion_7d,
        coalesce(leads_28d, 0)::bigint as leads_28d,
        coalesce(conversions_28d, 0)::bigint as conversions_28d,
        {{ calculate_conversion_rate('conversions_28d', 'leads_28d') }}::numeric(38, 16) as conversion_rate_28d,
        coalesce(spend_28d, 0)::numeric(18, 2) as spend_28d,
        coalesce(orders_28d, 0)::bigint as orders_28d,
        coalesce(revenue_28d, 0)::numeric(18, 2) as revenue_28d
    from measures

)

select * from final
