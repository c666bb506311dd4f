{{
    config(
        materialized='incremental',
        incremental_strategy='replace_months',
        on_schema_change='fail',
        indexes=[{'columns': ['month']}],
        meta={'echo': {'reach': 'month', 'month_column': 'month'}},
    )
}}

with

transactions as (

    select * from {{ ref('fact_transactions') }}
    where
        is_counted
        and {{ in_stale_months('transaction_date') }}

),

final as (

    select
        product_key,
        {{ month_start('transaction_date') }} as month,
        sum(amount)::numeric(18, 2) as revenue,
        count(*) as transactions,
        sum(quantity)::numeric(18, 3) as quantity
    from transactions
    group by 1, 2

)

select * from final
