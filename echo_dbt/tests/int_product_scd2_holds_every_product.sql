-- Every product of the log has versions, and its current one is what the log's last state says; a deleted one keeps
-- what was known before.
{{ config(meta={'dagster': {'ref': {'name': 'int_product_scd2'}}}) }}

with

last_states as (

    select distinct on (product_id)
        product_id,
        product_name,
        category,
        price,
        is_active,
        coalesce(is_deleted, false) as is_deleted
    from {{ ref('stg_products') }}
    order by product_id asc, updated_at desc, _row_id desc

),

current_versions as (

    select * from {{ ref('int_product_scd2') }}
    where is_current

),

final as (

    select last_states.*
    from last_states
    left join current_versions
        on last_states.product_id = current_versions.product_id
    where
        current_versions.is_deleted is distinct from last_states.is_deleted
        or not last_states.is_deleted
        and (
            last_states.product_name,
            last_states.category,
            last_states.price,
            last_states.is_active
        ) is distinct from (
            current_versions.product_name,
            current_versions.category,
            current_versions.price,
            current_versions.is_active
        )

)

select * from final
