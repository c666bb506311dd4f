with

customer_orders as (

    select * from {{ ref('int_customer_orders') }}

),

days as (

    select * from {{ ref('revenue_daily') }}

),

data_end as (

    select max(transaction_date) as last_day from days

),

measures as (

    select
        customer_orders.customer_id,
        data_end.last_day - customer_orders.last_order_date as recency_days,
        customer_orders.orders as frequency,
        customer_orders.revenue as monetary
    from customer_orders
    cross join data_end

),

scores as (

    select
        *,
        ntile(5) over (order by recency_days desc, customer_id collate "C" asc) as recency_score,
        ntile(5) over (order by frequency asc, customer_id collate "C" asc) as frequency_score,
        ntile(5) over (order by monetary asc, customer_id collate "C" asc) as monetary_score
    from measures

),

final as (

    select
        customer_id,
        recency_days,
        frequency,
        monetary,
        recency_score,
        frequency_score,
        monetary_score,
        recency_score::text || frequency_score::text || monetary_score::text as rfm_score,
        case
            when least(recency_score, frequency_score, monetary_score) >= 4 then 'champion'
            when recency_score >= 3 and frequency_score >= 4 then 'loyal'
            when recency_score <= 2 and frequency_score >= 4 then 'at risk'
            when recency_score >= 4 and frequency_score <= 2 then 'promising'
            when recency_score <= 2 and frequency_score <= 2 then 'hibernating'
            else 'regular'
        end as rfm_segment
    from scores

)

select * from final
