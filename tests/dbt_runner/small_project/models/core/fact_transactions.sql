{{ config(
    materialized='incremental',
    incremental_strategy='delete+insert',
    meta={'echo': {'reach': 'day', 'day_column': 'transaction_date'}},
) }}
{% if is_incremental() %}
    {% do run_query("delete from " ~ this ~ " where transaction_date >= '" ~ var('min_date', '-infinity') ~ "' and transaction_date < '" ~ var('max_date', 'infinity') ~ "'") %}
{% endif %}
select t.transaction_id, t.transaction_date, t.amount, t.customer_id, coalesce(c.channel, t.channel) as channel
from {{ ref('stg_transactions') }} as t
left join {{ ref('channel_map') }} as c on t.channel = c.label
inner join {{ ref('dim_customer') }} as d on t.customer_id = d.customer_id
where t.transaction_date >= '{{ var("min_date", "-infinity") }}'
    and t.transaction_date < '{{ var("max_date", "infinity") }}'
