with

assignments as (

    select * from {{ source('staging', 'experiment_assignments') }}

),

final as (

    select
        experiment_id,
        user_id,
        variant,
        assigned_at,
        {{ business_day('assigned_at') }} as assigned_date,
        converted,
        converted_at,
        {{ business_day('converted_at') }} as converted_date,
        revenue,
        _row_id

    from assignments

)

select * from final
