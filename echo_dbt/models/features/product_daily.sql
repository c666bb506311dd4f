{{
    config(
        indexes=[{'columns': ['snapshot_date', 'product_id']}],
        meta={
            'snapshots': snapshot_settings(
                changes={
                    'fact': 'fact_transactions', 'column': 'product_key',
                    'through': {'model': 'dim_product', 'entity': 'product_id'},
                }
            ),
        },
    )
}}

with

{{ snapshots() }},

transactions as (

    select * from {{ ref('fact_transactions') }}
    where is_counted

),

recent_sales as (

    select * from {{ ref('fact_transactions') }}
    where
        is_counted
        and amount > 0
        and {{ in_reach_of_window('transaction_date', 28) }}

),

products as (

    select * from {{ ref('dim_product') }}
    where
        product_id is not null
        and {{ is_made('product_id') }}

),

product_versions as (

    select * from {{ ref('int_product_scd2') }}

),

catalogue as (

    select * from {{ ref('stg_products') }}

),

{{ reported_versions('product_versions', 'catalogue', 'product_id', ['price']) }},

product_days as (

    select
        products.product_id,
        transactions.transaction_date,
        count(*) as orders,
        sum(transactions.amount) as revenue,
        sum(transactions.quantity) as units,
        count(*) filter (where transactions.amount < 0) as returns,
        sum(transactions.amount) filter (where transactions.amount > 0 and transactions.quantity > 0) as sold_for,
        sum(transactions.quantity) filter (where transactions.amount > 0 and transactions.quantity > 0) as sold_units,
        max(transactions.transaction_date) filter (where transactions.amount > 0) as sale_date
    from transactions
    inner join products
        on transactions.product_key = products.product_key
    group by 1, 2

),

chained_days as (

    select
        *,
        max(sale_date) over chain as last_sale_date,
        lead(transaction_date, 1, 'infinity') over chain as next_date
    from product_days
    window chain as (partition by product_id order by transaction_date)

),

{# The days of the windows, and of each product the last one before, however long ago. #}
aged_days as (

    select
        chained_days.*,
        snapshots.snapshot_date,
        snapshots.snapshot_date - chained_days.transaction_date as age
    from chained_days
    inner join snapshots
        on
            chained_days.transaction_date <= snapshots.snapshot_date
            and (
                chained_days.transaction_date > snapshots.snapshot_date - 90
                or chained_days.next_date > snapshots.snapshot_date
            )
            and (snapshots.is_whole or {{ is_changed('chained_days.product_id') }})

),

sales as (

    select
        product_id,
        snapshot_date,
        sum(orders) filter (where age < 7) as orders_7d,
        sum(orders) filter (where age < 28) as orders_28d,
        sum(units) filter (where age < 28) as units_28d,
        sum(revenue) filter (where age < 28) as revenue_28d,
        sum(revenue) filter (where age < 90) as revenue_90d,
        sum(returns) filter (where age < 28) as returns_28d,
        sum(sold_for) filter (where age < 28) as sold_for_28d,
        sum(sold_units) filter (where age < 28) as sold_units_28d,
        max(last_sale_date) as last_sale_date
    from aged_days
    group by 1, 2

),

{# Of the sales of one product to one customer the last one up to a day stands for the customer on that day. #}
purchases as (

    select
        products.product_id,
        recent_sales.transaction_date,
        lead(recent_sales.transaction_date, 1, 'infinity') over (
            partition by products.product_id, recent_sales.customer_id
            order by recent_sales.transaction_date
        ) as next_date
    from recent_sales
    inner join products
        on recent_sales.product_key = products.product_key

),

buyers as (

    select
        purchases.product_id,
        snapshots.snapshot_date,
        count(*) as buyers_28d
    from purchases
    inner join snapshots
        on
            purchases.transaction_date <= snapshots.snapshot_date
            and purchases.transaction_date > snapshots.snapshot_date - 28
            and purchases.next_date > snapshots.snapshot_date
            and (snapshots.is_whole or {{ is_changed('purchases.product_id') }})
    group by 1, 2

),

known_products as (

    select
        reported_versions.product_id,
        snapshots.snapshot_date
    from reported_versions
    inner join snapshots
        on
            reported_versions.reported_date <= snapshots.snapshot_date
            and (snapshots.is_whole or {{ is_changed('reported_versions.product_id') }})

    union

    select
        product_id,
        snapshot_date
    from sales

),

final as (

    select
        known_products.product_id,
        known_products.snapshot_date,
        snapshots.event_timestamp,
        reported_versions.price::numeric(18, 2) as price,
        coalesce(sales.orders_7d, 0)::bigint as orders_7d,
        coalesce(sales.orders_28d, 0)::bigint as orders_28d,
        coalesce(sales.units_28d, 0)::numeric(18, 3) as units_28d,
        coalesce(sales.revenue_28d, 0)::numeric(18, 2) as revenue_28d,
        coalesce(sales.revenue_90d, 0)::numeric(18, 2) as revenue_90d,
        coalesce(buyers.buyers_28d, 0) as buyers_28d,
        {{ calculate_ratio('sales.sold_for_28d', 'sales.sold_units_28d') }}::numeric(38, 16) as avg_price_28d,
        coalesce(sales.returns_28d, 0)::bigint as returns_28d,
        known_products.snapshot_date - sales.last_sale_date as days_since_last_sale
    from known_products
    inner join snapshots
        on known_products.snapshot_date = snapshots.snapshot_date
    left join sales
        on
            known_products.product_id = sales.product_id
            and known_products.snapshot_date = sales.snapshot_date
    left join buyers
        on
            known_products.product_id = buyers.product_id
            and known_products.snapshot_date = buyers.snapshot_date
    left join reported_versions
        on
            known_products.product_id = reported_versions.product_id
            and {{ version_holds_on('reported_versions', 'known_products.snapshot_date') }}

)

select * from final
