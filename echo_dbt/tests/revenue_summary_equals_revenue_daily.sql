-- Each month adds up to its days, to the cent and to the line; the days add up to the fact.
{{ config(meta={'dagster': {'ref': {'name': 'revenue_summary'}}}) }}

with

months as (

    select
        month,
        total_revenue as revenue,
        transactions
    from {{ ref('revenue_summary') }}

),

days as (

    select
        {{ month_start('transaction_date') }} as month,
        sum(revenue) as revenue,
        sum(transactions)::bigint as transactions
    from {{ ref('revenue_daily') }}
    group by 1

),

final as (

    select
        coalesce(months.month, days.month) as month,
        months.revenue as revenue_by_month,
        days.revenue as revenue_by_day
    from months
    full outer join days
        on months.month = days.month
    where
        months.revenue is distinct from days.revenue
        or months.transactions is distinct from days.transactions

)

select * from final
