-- Every customer of the log has versions, and its current one is what the log's last state says.
{{ config(meta={'dagster': {'ref': {'name': 'int_customer_scd2'}}}) }}

with

logged as (

    select distinct on (customer_id)
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel
    from {{ ref('stg_customers') }}
    order by customer_id asc, updated_at desc, _row_id desc

),

current_versions as (

    select
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel
    from {{ ref('int_customer_scd2') }}
    where is_current

),

final as (

    select * from logged
    except
    select * from current_versions

)

select * from final
