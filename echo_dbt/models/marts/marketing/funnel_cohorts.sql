with

leads as (

    select * from {{ ref('int_funnel_leads') }}

),

campaigns as (

    select * from {{ ref('dim_campaign') }}

),

cohorts as (

    select
        lead_month as month,
        campaign_key,
        count(*) as leads,
        count(*) filter (where furthest_stage >= {{ funnel_stage_rank("'qualified'") }}) as qualified,
        count(*) filter (where furthest_stage >= {{ funnel_stage_rank("'opportunity'") }}) as opportunities,
        count(*) filter (where furthest_stage >= {{ funnel_stage_rank("'customer'") }}) as customers
    from leads
    group by 1, 2

),

final as (

    select
        cohorts.month,
        cohorts.campaign_key,
        campaigns.channel_key,
        campaigns.channel,
        campaigns.campaign,
        cohorts.leads,
        cohorts.qualified,
        cohorts.opportunities,
        cohorts.customers,
        {{ calculate_conversion_rate('cohorts.qualified', 'cohorts.leads') }} as lead_to_qualified_rate,
        {{ calculate_conversion_rate('cohorts.opportunities', 'cohorts.qualified') }} as qualified_to_opp_rate,
        {{ calculate_conversion_rate('cohorts.customers', 'cohorts.opportunities') }} as opp_to_customer_rate,
        {{ calculate_conversion_rate('cohorts.customers', 'cohorts.leads') }} as overall_conversion_rate
    from cohorts
    inner join campaigns
        on cohorts.campaign_key = campaigns.campaign_key

)

select * from final
