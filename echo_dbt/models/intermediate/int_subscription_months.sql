with

subscriptions as (

    select * from {{ ref('stg_subscriptions') }}
    where effective_date <= '{{ var("last_date") }}'::date

),

states as (

    select
        *,
        {{ month_start('effective_date') }} as first_month,
        {{ month_start('lead(effective_date) over subscription_log') }} as next_month
    from subscriptions
    window subscription_log as (partition by subscription_id order by effective_at, _row_id)

),

log_end as (

    select max(first_month) as last_month from states

),

month_end_states as (

    select
        states.*,
        coalesce(states.next_month, log_end.last_month + interval '1 month') as before_month
    from states
    cross join log_end
    where states.next_month is null or states.next_month > states.first_month

),

final as (

    select
        month_end_states.subscription_id,
        months.period_start as month,
        month_end_states.customer_id,
        month_end_states.plan,
        month_end_states.billing_period,
        month_end_states.status as state,
        month_end_states.amount,
        {{ annual_amount(
            'month_end_states.status', 'month_end_states.billing_period', 'month_end_states.amount'
        ) }} as annual_amount
    from month_end_states
    cross join lateral (
        {{ date_spine('month', 'month_end_states.first_month', 'month_end_states.before_month') }}
    ) as months

)

select * from final
