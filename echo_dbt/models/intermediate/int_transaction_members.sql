{{
    config(
        materialized='incremental',
        incremental_strategy='replace_months',
        on_schema_change='fail',
        meta={'echo': {'reach': 'month', 'month_column': 'month'}},
    )
}}

with

transactions as (

    select
        *,
        {{ month_start('transaction_date') }} as month,
        case when product_id is null then product end as name_as_id
    from {{ ref('stg_transactions') }}
    where {{ in_stale_months('transaction_date') }}

),

final as (

    select
        month,
        case
            when grouping(customer_id) = 0 then 'customer'
            when grouping(channel) = 0 then 'channel'
            else 'product'
        end as kind,
        customer_id,
        product_id,
        case when grouping(product_id) = 0 then min(product collate "C") end as product_name,
        channel
    from transactions
    group by grouping sets ((month, customer_id), (month, channel), (month, product_id, name_as_id))

)

select * from final
