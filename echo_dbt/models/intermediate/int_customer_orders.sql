with

customer_months as (

    select * from {{ ref('int_customer_transactions') }}

),

final as (

    select
        customer_id,
        min(first_date) as first_order_date,
        max(last_date) as last_order_date,
        sum(orders)::bigint as orders,
        sum(revenue) as revenue,
        count(*) as active_months
    from customer_months
    group by 1

)

select * from final
