with

funnel_months as (

    select * from {{ ref('int_funnel_months') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

final as (

    select
        funnel_months.month,
        funnel_months.campaign_key,
        campaigns.channel_key,
        campaigns.channel,
        campaigns.campaign,
        funnel_months.leads,
        funnel_months.qualified,
        funnel_months.opportunities,
        funnel_months.customers,
        {{ calculate_conversion_rate('funnel_months.qualified', 'funnel_months.leads') }} as lead_to_qualified_rate,
        {{ calculate_conversion_rate('funnel_months.opportunities', 'funnel_months.qualified') }}
            as qualified_to_opp_rate,
        {{ calculate_conversion_rate('funnel_months.customers', 'funnel_months.opportunities') }}
            as opp_to_customer_rate,
        {{ calculate_conversion_rate('funnel_months.customers', 'funnel_months.leads') }} as overall_conversion_rate
    from funnel_months
    inner join campaigns
        on funnel_months.campaign_key = campaigns.campaign_key

)

select * from final
