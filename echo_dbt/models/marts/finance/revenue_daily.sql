{{
    config(
        materialized='incremental',
        incremental_strategy='replace_window',
        on_schema_change='fail',
        indexes=[{'columns': ['transaction_date'], 'unique': true}],
        meta={'echo': {'reach': 'day', 'day_column': 'transaction_date'}},
    )
}}

with

transactions as (

    select * from {{ ref('fact_transactions') }}
    where {{ in_window('transaction_date') }}

),

final as (

    select
        transaction_date,
        coalesce(sum(amount) filter (where is_counted), 0)::numeric(18, 2) as revenue,
        count(*) filter (where is_counted) as transactions,
        count(*) as all_transactions,
        coalesce(sum(amount) filter (where status = 'refunded'), 0)::numeric(18, 2) as refunded_amount,
        coalesce(sum(amount) filter (where status = 'failed'), 0)::numeric(18, 2) as failed_amount
    from transactions
    group by 1

)

select * from final
