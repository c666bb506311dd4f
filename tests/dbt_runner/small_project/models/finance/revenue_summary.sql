select sum(amount)::numeric(18, 2) as total_revenue, count(*) as transactions from {{ ref('fact_transactions') }}
