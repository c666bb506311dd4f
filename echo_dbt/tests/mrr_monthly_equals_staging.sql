-- Recurring revenue at the end of the log is that of every subscription's latest accepted state, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'mrr_monthly'}}}) }}

with

latest_states as (

    select distinct on (subscription_id) *
    from {{ ref('stg_subscriptions') }}
    where effective_date <= '{{ var("last_date") }}'::date
    order by subscription_id asc, effective_at desc, _row_id desc

),

annual_amounts as (

    select
        case billing_period
            when 'weekly' then 52 * amount
            when 'monthly' then 12 * amount
            when 'quarterly' then 4 * amount
            when 'annual' then amount
        end as annual_amount
    from latest_states
    where status in ({{ counted_statuses('subscriptions') }})

),

staged as (

    select coalesce(sum(annual_amount), 0) as annual_amount from annual_amounts

),

last_month as (

    select mrr
    from {{ ref('mrr_monthly') }}
    order by month desc
    limit 1

),

final as (

    select
        staged.annual_amount,
        last_month.mrr
    from staged
    inner join last_month
        on round(12 * last_month.mrr, 2) <> staged.annual_amount

)

select * from final
