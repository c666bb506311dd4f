{{ config(
    materialized='incremental',
    incremental_strategy='append',
    meta={'echo': {'reach': 'day', 'day_column': 'transaction_date'}},
    pre_hook="{% if is_incremental() %}delete from {{ this }} where {{ in_window('transaction_date') }}{% endif %}",
) }}

select
    sales.transaction_id,
    sales.transaction_date,
    sales.amount,
    sales.customer_id,
    coalesce(channels.channel, sales.channel) as channel
from {{ ref('stg_transactions') }} as sales
inner join {{ ref('dim_customer') }} as customers on sales.customer_id = customers.customer_id
left join {{ ref('channel_map') }} as channels on sales.channel = channels.label
where {{ in_window('sales.transaction_date') }}
