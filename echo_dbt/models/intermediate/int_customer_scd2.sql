{%- set tracked = {
    'email': 1,
    'name': 1,
    'segment': 2,
    'plan_type': 2,
    'acquisition_channel': 2,
    'created_at': 0,
    'is_deleted': 2,
} -%}
{{ config(meta={'echo': {'tracked': tracked}}) }}

with

customers as (

    select * from {{ ref('stg_customers') }}

),

{{ version_steps('customers', 'customer_id', tracked) }},

final as (

    select
        {{ version_key(['customer_id']) }} as customer_key,
        customer_id,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        is_deleted,
        valid_from,
        valid_to,
        valid_to = 'infinity' as is_current
    from versions

)

select * from final
