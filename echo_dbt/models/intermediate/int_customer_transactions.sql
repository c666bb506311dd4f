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
        customer_id,
        {{ month_start('transaction_date') }} as month,
        min(transaction_date) as first_date,
        max(transaction_date) as last_date,
        count(*) as orders,
        sum(amount)::numeric(18, 2) as revenue,
        count(*) filter (where amount < 0) as returns
    from transactions
    where customer_id is not null
    group by 1, 2

)

select * from final
