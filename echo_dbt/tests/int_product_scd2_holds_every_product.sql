-- Every product of the log has versions, and its current one is what the log's last state says.
{{ config(meta={'dagster': {'ref': {'name': 'int_product_scd2'}}}) }}

with

logged as (

    select distinct on (product_id)
        product_id,
        product_name,
        category,
        price,
        is_active
    from {{ ref('stg_products') }}
    order by product_id asc, updated_at desc, _row_id desc

),

current_versions as (

    select
        product_id,
        product_name,
        category,
        price,
        is_active
    from {{ ref('int_product_scd2') }}
    where is_current

),

final as (

    select * from logged
    except
    select * from current_versions

)

select * from final
