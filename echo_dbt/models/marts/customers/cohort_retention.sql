with

customer_months as (

    select * from {{ ref('int_customer_transactions') }}

),

customer_orders as (

    select * from {{ ref('int_customer_orders') }}

),

days as (

    select * from {{ ref('revenue_daily') }}

),

data_end as (

    select max(transaction_date) as last_day from days

),

cohort_members as (

    select
        customer_id,
        {{ month_start('first_order_date') }} as cohort_month
    from customer_orders

),

activity as (

    select
        cohort_members.cohort_month,
        customer_months.month,
        count(*) as active_customers,
        sum(customer_months.revenue) as revenue
    from customer_months
    inner join cohort_members
        on customer_months.customer_id = cohort_members.customer_id
    group by 1, 2

),

cohorts as (

    select
        cohort_month,
        active_customers as customers
    from activity
    where month = cohort_month

),

cohort_months as (

    select
        cohorts.cohort_month,
        cohorts.customers,
        months.period_start as month
    from cohorts
    cross join data_end
    cross join lateral (
        {{ date_spine('month', 'cohorts.cohort_month', 'data_end.last_day + 1') }}
    ) as months

),

final as (

    select
        cohort_months.cohort_month,
        (
            12 * (extract(year from cohort_months.month) - extract(year from cohort_months.cohort_month))
            + extract(month from cohort_months.month) - extract(month from cohort_months.cohort_month)
        )::integer as months_since,
        cohort_months.month,
        cohort_months.customers,
        coalesce(activity.active_customers, 0) as active_customers,
        {{ calculate_ratio('coalesce(activity.active_customers, 0)', 'cohort_months.customers') }} as retention_rate,
        coalesce(activity.revenue, 0) as revenue
    from cohort_months
    left join activity
        on
            cohort_months.cohort_month = activity.cohort_month
            and cohort_months.month = activity.month

)

select * from final
