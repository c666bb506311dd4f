-- The products of a snapshot have the orders and the revenue of the days in its windows, but of products without an id.
{{ config(meta={'dagster': {'ref': {'name': 'product_daily'}}}) }}

with

products as (

    select
        snapshot_date,
        sum(orders_28d) as orders_28d,
        sum(revenue_90d) as revenue_90d
    from {{ ref('product_daily') }}
    where {{ in_window('snapshot_date') }}
    group by 1

),

days as (

    select
        transactions.transaction_date,
        count(*) as orders,
        sum(transactions.amount) as revenue
    from {{ ref('fact_transactions') }} as transactions
    inner join {{ ref('dim_product') }} as members
        on transactions.product_key = members.product_key
    where
        transactions.is_counted
        and members.product_id is not null
        and {{ in_reach_of_window('transactions.transaction_date', 90) }}
    group by 1

),

final as (

    select
        products.snapshot_date,
        products.orders_28d,
        products.revenue_90d
    from products
    left join days
        on
            products.snapshot_date >= days.transaction_date
            and products.snapshot_date - 90 < days.transaction_date
    group by 1, 2, 3
    having
        products.orders_28d <> coalesce(
            sum(days.orders) filter (where products.snapshot_date - 28 < days.transaction_date), 0
        )
        or products.revenue_90d <> coalesce(sum(days.revenue), 0)

)

select * from final
