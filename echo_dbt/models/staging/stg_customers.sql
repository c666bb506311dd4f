with

customers as (

    select * from {{ source('staging', 'customers') }}

),

final as (

    select
        customer_id,
        updated_at,
        email,
        name,
        segment,
        plan_type,
        acquisition_channel,
        created_at,
        is_deleted,
        _row_id

    from customers

)

select * from final
