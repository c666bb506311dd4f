-- Every month of the log ends with what its active subscriptions cost a year, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'int_recurring_months'}}}) }}

with

months as (

    select
        month,
        ending_amount
    from {{ ref('int_recurring_months') }}
    where not is_quiet

),

subscription_months as (

    select
        month,
        sum(annual_amount) as annual_amount
    from {{ ref('fact_subscription_months') }}
    group by 1

),

final as (

    select
        months.month,
        months.ending_amount,
        subscription_months.annual_amount
    from months
    full outer join subscription_months
        on months.month = subscription_months.month
    where coalesce(months.ending_amount, 0) <> coalesce(subscription_months.annual_amount, 0)

)

select * from final
