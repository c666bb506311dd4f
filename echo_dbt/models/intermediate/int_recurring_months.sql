with

subscription_months as (

    select * from {{ ref('fact_subscription_months') }}

),

log_period as (

    select
        min(month) as first_month,
        max(month) as last_month
    from subscription_months

),

months as (

    {{ date_spine(
        'month', '(select first_month from log_period)',
        "(select last_month + interval '13 months' from log_period)"
    ) }}

),

paying_months as (

    select
        customer_id,
        month,
        sum(annual_amount) as annual_amount,
        count(*) as subscriptions
    from subscription_months
    where annual_amount > 0
    group by 1, 2

),

first_paying_months as (

    select
        customer_id,
        min(month) as first_month
    from paying_months
    group by 1

),

totals as (

    select
        month,
        sum(annual_amount) as annual_amount,
        count(*) as customers,
        sum(subscriptions)::bigint as subscriptions
    from paying_months
    group by 1

),

month_before as (

    select
        customer_id,
        (month + interval '1 month')::date as month,
        annual_amount
    from paying_months

),

changes as (

    select
        coalesce(paying_months.customer_id, month_before.customer_id) as customer_id,
        coalesce(paying_months.month, month_before.month) as month,
        coalesce(month_before.annual_amount, 0) as amount_before,
        coalesce(paying_months.annual_amount, 0) as amount_after
    from paying_months
    full outer join month_before
        on
            paying_months.customer_id = month_before.customer_id
            and paying_months.month = month_before.month

),

movements as (

    select
        changes.month,
        sum(changes.amount_after) filter (
            where changes.amount_before = 0 and changes.month = first_paying_months.first_month
        ) as new_amount,
        sum(changes.amount_after) filter (
            where changes.amount_before = 0 and changes.month > first_paying_months.first_month
        ) as reactivation_amount,
        sum(changes.amount_after - changes.amount_before) filter (
            where changes.amount_before > 0 and changes.amount_after > changes.amount_before
        ) as expansion_amount,
        sum(changes.amount_before - changes.amount_after) filter (
            where changes.amount_after > 0 and changes.amount_after < changes.amount_before
        ) as contraction_amount,
        sum(changes.amount_before) filter (where changes.amount_after = 0) as churn_amount,
        sum(changes.amount_after) filter (where changes.amount_before > 0) as retained_amount,
        sum(least(changes.amount_before, changes.amount_after)) as kept_amount
    from changes
    inner join first_paying_months
        on changes.customer_id = first_paying_months.customer_id
    group by 1

),

year_before as (

    select
        paying_months.customer_id,
        (paying_months.month + interval '1 year')::date as month,
        least((paying_months.month + interval '1 year')::date, log_period.last_month) as known_month,
        paying_months.annual_amount
    from paying_months
    cross join log_period

),

movements_over_a_year as (

    select
        year_before.month,
        sum(year_before.annual_amount) as starting_amount,
        sum(coalesce(paying_months.annual_amount, 0)) as retained_amount,
        sum(least(year_before.annual_amount, coalesce(paying_months.annual_amount, 0))) as kept_amount
    from year_before
    left join paying_months
        on
            year_before.customer_id = paying_months.customer_id
            and year_before.known_month = paying_months.month
    group by 1

),

known_months as (

    select
        months.period_start as month,
        least(months.period_start, log_period.last_month) as known_month,
        least((months.period_start - interval '1 month')::date, log_period.last_month) as known_month_before,
        months.period_start > log_period.last_month as is_quiet
    from months
    cross join log_period

),

final as (

    select
        known_months.month,
        known_months.is_quiet,
        coalesce(closing.customers, 0) as customers,
        coalesce(closing.subscriptions, 0) as subscriptions,
        coalesce(opening.annual_amount, 0) as starting_amount,
        coalesce(movements.new_amount, 0) as new_amount,
        coalesce(movements.reactivation_amount, 0) as reactivation_amount,
        coalesce(movements.expansion_amount, 0) as expansion_amount,
        coalesce(movements.contraction_amount, 0) as contraction_amount,
        coalesce(movements.churn_amount, 0) as churn_amount,
        coalesce(closing.annual_amount, 0) as ending_amount,
        coalesce(
            case when known_months.is_quiet then opening.annual_amount else movements.retained_amount end, 0
        ) as retained_amount,
        coalesce(
            case when known_months.is_quiet then opening.annual_amount else movements.kept_amount end, 0
        ) as kept_amount,
        coalesce(movements_over_a_year.starting_amount, 0) as starting_amount_12m,
        coalesce(movements_over_a_year.retained_amount, 0) as retained_amount_12m,
        coalesce(movements_over_a_year.kept_amount, 0) as kept_amount_12m
    from known_months
    left join totals as closing
        on known_months.known_month = closing.month
    left join totals as opening
        on known_months.known_month_before = opening.month
    left join movements
        on
            known_months.month = movements.month
            and not known_months.is_quiet
    left join movements_over_a_year
        on known_months.month = movements_over_a_year.month

)

select * from final
