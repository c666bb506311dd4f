with

marketing as (

    select * from {{ ref('fact_marketing') }}

),

cohort_months as (

    select * from {{ ref('int_cohort_months') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

cohorts as (

    select
        cohort_month as month,
        channel_key,
        sum(active_customers) filter (where month = cohort_month)::bigint as new_customers,
        sum(revenue) as revenue
    from cohort_months
    group by 1, 2

),

spending as (

    select
        {{ month_start('event_date') }} as month,
        channel_key,
        sum(spend) as spend
    from marketing
    group by 1, 2

),

acquisition as (

    select
        coalesce(spending.month, cohorts.month) as month,
        coalesce(spending.channel_key, cohorts.channel_key) as channel_key,
        spending.spend,
        coalesce(cohorts.new_customers, 0) as new_customers,
        coalesce(cohorts.revenue, 0) as revenue
    from spending
    full outer join cohorts
        on
            spending.month = cohorts.month
            and spending.channel_key = cohorts.channel_key

),

running_earnings as (

    select
        cohort_month,
        channel_key,
        month as earned_month,
        sum(revenue) over (partition by cohort_month, channel_key order by month) as revenue_so_far
    from cohort_months

),

paybacks as (

    select
        acquisition.month,
        acquisition.channel_key,
        min(running_earnings.earned_month) as paid_back_month
    from acquisition
    inner join running_earnings
        on
            acquisition.month = running_earnings.cohort_month
            and acquisition.channel_key = running_earnings.channel_key
            and acquisition.spend <= running_earnings.revenue_so_far
    group by 1, 2

),

final as (

    select
        acquisition.month,
        acquisition.channel_key,
        channels.channel,
        acquisition.spend,
        acquisition.new_customers,
        acquisition.revenue,
        {{ calculate_ratio('acquisition.spend', 'acquisition.new_customers') }} as cac,
        {{ calculate_ratio('acquisition.revenue', 'acquisition.new_customers') }} as ltv,
        case
            when acquisition.new_customers > 0
                then {{ calculate_ratio('acquisition.revenue', 'acquisition.spend') }}
        end as ltv_to_cac,
        (
            extract(year from paybacks.paid_back_month) * 12 + extract(month from paybacks.paid_back_month)
            - extract(year from acquisition.month) * 12 - extract(month from acquisition.month)
        )::integer as payback_months
    from acquisition
    inner join channels
        on acquisition.channel_key = channels.channel_key
    left join paybacks
        on
            acquisition.month = paybacks.month
            and acquisition.channel_key = paybacks.channel_key

)

select * from final
