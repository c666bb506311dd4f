-- What the customers of a snapshot have brought and ordered so far is what the days up to it have.
{{ config(meta={'dagster': {'ref': {'name': 'customer_daily'}}}) }}

with

customers as (

    select
        snapshot_date,
        sum(customer_lifetime_value) as revenue,
        sum(total_orders) as transactions
    from {{ ref('customer_daily') }}
    where {{ in_window('snapshot_date') }}
    group by 1

),

days as (

    select * from {{ ref('revenue_daily') }}

),

final as (

    select
        customers.snapshot_date,
        customers.revenue,
        customers.transactions,
        sum(days.revenue) as revenue_of_days,
        sum(days.transactions) as transactions_of_days
    from customers
    left join days
        on customers.snapshot_date >= days.transaction_date
    group by 1, 2, 3
    having
        customers.revenue <> coalesce(sum(days.revenue), 0)
        or customers.transactions <> coalesce(sum(days.transactions), 0)

)

select * from final
