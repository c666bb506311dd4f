with

products as (

    select * from {{ source('staging', 'products') }}

),

final as (

    select
        product_id,
        coalesce(updated_at, created_at) as updated_at,
        name as product_name,
        category,
        price,
        is_active,
        created_at,
        is_deleted,
        _row_id

    from products

)

select * from final
