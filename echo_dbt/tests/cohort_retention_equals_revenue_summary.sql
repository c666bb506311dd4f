-- The cohorts active in a month are the customers and the revenue of that month.
{{ config(meta={'dagster': {'ref': {'name': 'cohort_retention'}}}) }}

with

cohorts as (

    select
        month,
        sum(active_customers) as customers,
        sum(revenue) as revenue
    from {{ ref('cohort_retention') }}
    group by 1

),

months as (

    select
        month,
        customers,
        total_revenue as revenue
    from {{ ref('revenue_summary') }}

),

final as (

    select
        months.month,
        months.customers,
        cohorts.customers as customers_of_cohorts,
        months.revenue,
        cohorts.revenue as revenue_of_cohorts
    from months
    left join cohorts
        on months.month = cohorts.month
    where
        months.customers <> coalesce(cohorts.customers, 0)
        or months.revenue <> coalesce(cohorts.revenue, 0)

)

select * from final
