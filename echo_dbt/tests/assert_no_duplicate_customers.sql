-- A customer has exactly one current version, whatever its history.
{{ config(meta={'dagster': {'ref': {'name': 'dim_customer'}}}) }}

with

versions as (

    select * from {{ ref('dim_customer') }}

),

final as (

    select
        customer_id,
        count(*) filter (where is_current) as current_versions
    from versions
    group by customer_id
    having count(*) filter (where is_current) <> 1

)

select * from final
