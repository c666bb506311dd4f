-- Every month adds up to its days, to the cent and to the line.
{{ config(meta={'dagster': {'ref': {'name': 'int_customer_transactions'}}}) }}

with

months as (

    select
        month,
        sum(revenue) as revenue,
        sum(orders)::bigint as transactions
    from {{ ref('int_customer_transactions') }}
    group by 1

),

days as (

    select
        {{ month_start('transaction_date') }} as month,
        sum(revenue) as revenue,
        sum(transactions)::bigint as transactions
    from {{ ref('revenue_daily') }}
    group by 1
    having sum(transactions) > 0

),

final as (

    select
        days.month,
        months.revenue,
        days.revenue as revenue_of_days
    from months
    full outer join days
        on months.month = days.month
    where (months.revenue, months.transactions) is distinct from (days.revenue, days.transactions)

)

select * from final
