-- Every customer of the log has versions, and its current one is what the log's last state says; a deleted one keeps
-- what was known before.
{{ config(meta={'dagster': {'ref': {'name': 'int_customer_scd2'}}}) }}

with

last_states as (

    select distinct on (customer_id)
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        coalesce(is_deleted, false) as is_deleted
    from {{ ref('stg_customers') }}
    order by customer_id asc, updated_at desc, _row_id desc

),

current_versions as (

    select * from {{ ref('int_customer_scd2') }}
    where is_current

),

final as (

    select last_states.*
    from last_states
    left join current_versions
        on last_states.customer_id = current_versions.customer_id
    where
        current_versions.is_deleted is distinct from last_states.is_deleted
        or not last_states.is_deleted
        and (
            last_states.email,
            last_states.name,
            last_states.segment,
            last_states.plan_type,
            last_states.acquisition_channel
        ) is distinct from (
            current_versions.email,
            current_versions.name,
            current_versions.segment,
            current_versions.plan_type,
            current_versions.acquisition_channel
        )

)

select * from final
