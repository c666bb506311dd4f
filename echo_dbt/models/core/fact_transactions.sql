{{
    config(
        materialized='incremental',
        incremental_strategy='replace_window',
        on_schema_change='fail',
        indexes=[{'columns': ['transaction_date']}],
        meta={
            'echo': {
                'reach': 'day', 'day_column': 'transaction_date', 'changes': ['customer_id', 'product_key'],
            }
        },
    )
}}

with

transactions as (

    select * from {{ ref('stg_transactions') }}
    where {{ in_window('transaction_date') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

channels as (

    select * from {{ ref('dim_channel') }}

),

channel_map as (

    select * from {{ ref('channel_map') }}

),

channels_by_label as (

    select
        channel_map.label,
        channels.channel_key
    from channel_map
    inner join channels
        on {{ channel_label('channel_map.channel') }} = channels.channel_id

    union all

    select
        channels.channel_id as label,
        channels.channel_key
    from channels
    left join channel_map
        on channels.channel_id = channel_map.label
    where channel_map.label is null

),

products_by_name as (

    select * from products
    where
        product_id is null
        and product_key <> -1

),

final as (

    select
        coalesce(dates.date_key, -1) as date_key,
        coalesce(customers.customer_key, -1) as customer_key,
        coalesce(products.product_key, products_by_name.product_key, -1) as product_key,
        coalesce(channels_by_label.channel_key, -1) as channel_key,
        transactions.transaction_id,
        transactions.customer_id,
        transactions.transaction_date,
        transactions.amount,
        transactions.quantity,
        transactions.discount,
        transactions.currency,
        transactions.status,
        transactions.is_counted,
        transactions.payment_method
    from transactions
    left join dates
        on transactions.transaction_date = dates.full_date
    left join customers
        on
            transactions.customer_id = customers.customer_id
            and {{ version_holds_on('customers', 'transactions.transaction_date') }}
    left join products
        on
            transactions.product_id = products.product_id
            and {{ version_holds_on('products', 'transactions.transaction_date') }}
    left join products_by_name
        on
            transactions.product = products_by_name.product_name
            and transactions.product_id is null
    left join channels_by_label
        on {{ channel_label('transactions.channel') }} = channels_by_label.label

)

select * from final
order by transaction_date
