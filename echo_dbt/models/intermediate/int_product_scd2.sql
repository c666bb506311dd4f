{%- set tracked = {
    'product_name': 2,
    'category': 2,
    'price': 2,
    'is_active': 1,
    'created_at': 0,
    'is_deleted': 2,
} -%}
{{ config(meta={'echo': {'tracked': tracked}}) }}

with

products as (

    select * from {{ ref('stg_products') }}

),

{{ version_steps('products', 'product_id', tracked) }},

final as (

    select
        {{ version_key(['product_id', 'null']) }} as product_key,
        product_id,
        product_name,
        category,
        price,
        is_active,
        created_at,
        is_deleted,
        valid_from,
        valid_to,
        valid_to = 'infinity' as is_current
    from versions

)

select * from final
