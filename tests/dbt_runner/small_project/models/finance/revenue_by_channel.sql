select channel, sum(amount)::numeric(18, 2) as revenue from {{ ref('fact_transactions') }} group by channel
