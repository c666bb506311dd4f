{{ config(indexes=[{'columns': ['month']}]) }}

with

subscription_months as (

    select
        *,
        (month + interval '1 month - 1 day')::date as last_day
    from {{ ref('int_subscription_months') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

customer_versions as (

    select * from {{ ref('int_customer_scd2') }}

),

final as (

    select
        coalesce(dates.date_key, -1) as date_key,
        coalesce(
            customer_versions.customer_key,
            {{ version_key(['subscription_months.customer_id'], "'-infinity'::timestamptz") }}
        ) as customer_key,
        subscription_months.subscription_id,
        subscription_months.month,
        subscription_months.customer_id,
        subscription_months.plan,
        subscription_months.billing_period,
        subscription_months.state,
        subscription_months.annual_amount,
        subscription_months.annual_amount / 12 as mrr
    from subscription_months
    left join dates
        on subscription_months.last_day = dates.full_date
    left join customer_versions
        on
            subscription_months.customer_id = customer_versions.customer_id
            and {{ version_holds_on('customer_versions', 'subscription_months.last_day') }}

)

select * from final
