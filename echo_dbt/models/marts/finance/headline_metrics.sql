with

months as (

    select * from {{ ref('revenue_summary') }}

),

channels as (

    select * from {{ ref('channel_performance') }}

),

revenue as (

    select
        coalesce(sum(total_revenue), 0) as total_revenue,
        coalesce(sum(transactions), 0)::bigint as transactions
    from months

),

last_month as (

    select
        month as revenue_growth_month,
        revenue_growth
    from months
    order by month desc
    limit 1

),

marketing as (

    select
        coalesce(sum(leads), 0)::bigint as leads,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(spend), 0) as spend
    from channels

),

best_by_rate as (

    select
        channel as best_channel_by_rate,
        conversion_rate as best_channel_rate
    from channels
    where rank_by_rate = 1

),

best_by_volume as (

    select
        channel as best_channel_by_volume,
        conversions as best_channel_conversions
    from channels
    where rank_by_volume = 1

),

final as (

    select
        revenue.total_revenue,
        revenue.transactions,
        {{ calculate_ratio('revenue.total_revenue', 'revenue.transactions') }} as average_order_value,
        last_month.revenue_growth,
        last_month.revenue_growth_month,
        marketing.leads,
        marketing.conversions,
        marketing.spend,
        {{ calculate_conversion_rate('marketing.conversions', 'marketing.leads') }} as conversion_rate,
        best_by_rate.best_channel_by_rate,
        best_by_rate.best_channel_rate,
        best_by_volume.best_channel_by_volume,
        best_by_volume.best_channel_conversions
    from revenue
    cross join marketing
    left join last_month on true
    left join best_by_rate on true
    left join best_by_volume on true

)

select * from final
