with

transactions as (

    select * from {{ ref('fact_transactions') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

by_product as (

    select
        product_key,
        sum(amount) as total_revenue,
        count(*) as transactions,
        sum(quantity) as quantity
    from transactions
    where is_counted
    group by 1

),

final as (

    select
        by_product.product_key,
        products.product_id,
        products.product_name,
        products.category,
        products.price_tier,
        by_product.total_revenue,
        by_product.transactions,
        by_product.quantity,
        {{ calculate_ratio('by_product.total_revenue', 'by_product.transactions') }} as average_order_value,
        {{ calculate_ratio('by_product.total_revenue', 'sum(by_product.total_revenue) over ()') }} as revenue_share
    from by_product
    inner join products
        on by_product.product_key = products.product_key

)

select * from final
