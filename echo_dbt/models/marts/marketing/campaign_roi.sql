with

marketing as (

    select * from {{ ref('fact_marketing') }}

),

attribution as (

    select * from {{ ref('int_marketing_attribution') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

reported as (

    select
        campaign_key,
        sum(spend) as spend,
        sum(leads)::bigint as leads,
        sum(conversions)::bigint as conversions
    from marketing
    group by 1

),

attributed as (

    select
        campaign_key,
        sum(first_touch_weight) as first_touch_customers,
        sum(last_touch_weight) as last_touch_customers,
        sum(linear_weight) as linear_customers
    from attribution
    group by 1

),

measured as (

    select count(*) > 0 as has_conversions
    from attributed

),

costs as (

    select
        coalesce(reported.campaign_key, attributed.campaign_key) as campaign_key,
        reported.spend,
        reported.leads,
        reported.conversions,
        case when measured.has_conversions then coalesce(attributed.first_touch_customers, 0) end
            as first_touch_customers,
        case when measured.has_conversions then coalesce(attributed.last_touch_customers, 0) end
            as last_touch_customers,
        case when measured.has_conversions then coalesce(attributed.linear_customers, 0) end as linear_customers,
        null::numeric as attributed_revenue
    from reported
    full outer join attributed
        on reported.campaign_key = attributed.campaign_key
    cross join measured

),

final as (

    select
        costs.campaign_key,
        campaigns.channel_key,
        campaigns.channel,
        campaigns.campaign,
        costs.spend,
        costs.leads,
        costs.conversions,
        {{ calculate_ratio('costs.spend', 'costs.leads') }} as cost_per_lead,
        {{ calculate_ratio('costs.spend', 'costs.conversions') }} as cost_per_conversion,
        costs.first_touch_customers,
        costs.last_touch_customers,
        costs.linear_customers,
        costs.attributed_revenue,
        {{ calculate_ratio('costs.attributed_revenue - costs.spend', 'costs.spend') }} as roi
    from costs
    inner join campaigns
        on costs.campaign_key = campaigns.campaign_key

)

select * from final
