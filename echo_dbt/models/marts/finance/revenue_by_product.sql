with

product_months as (

    select * from {{ ref('int_product_months') }}

),

products as (

    select * from {{ ref('dim_product') }}

),

current_products as (

    select * from products
    where is_current

),

by_product as (

    select
        coalesce(current_products.product_key, products.product_key) as product_key,
        sum(product_months.revenue) as total_revenue,
        sum(product_months.transactions)::bigint as transactions,
        sum(product_months.quantity) as quantity
    from product_months
    inner join products
        on product_months.product_key = products.product_key
    left join current_products
        on products.product_id = current_products.product_id
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
