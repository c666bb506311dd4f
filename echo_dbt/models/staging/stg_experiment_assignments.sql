{#- What a file says of a unit in an arm stands, whatever the stream saw of it, and whichever came first. -#}
with

assignments as (

    select * from {{ source('staging', 'experiment_assignments') }}

),

exposures as (

    select * from {{ source('streaming', 'experiment_exposures') }}

),

assignments_of_files as (

    select
        experiment_id,
        user_id,
        variant,
        assigned_at,
        converted,
        converted_at,
        revenue,
        _row_id
    from assignments

),

assignments_of_stream as (

    select
        exposures.experiment_id,
        exposures.user_id,
        exposures.variant,
        exposures.first_at as assigned_at,
        null::boolean as converted,
        null::timestamptz as converted_at,
        null::numeric(18, 2) as revenue,
        null::bigint as _row_id
    from exposures
    left join assignments
        on
            exposures.experiment_id = assignments.experiment_id
            and exposures.user_id = assignments.user_id
            and exposures.variant = assignments.variant
    where assignments.experiment_id is null

),

all_assignments as (

    select * from assignments_of_files
    union all
    select * from assignments_of_stream

),

final as (

    select
        *,
        {{ business_day('assigned_at') }} as assigned_date,
        {{ business_day('converted_at') }} as converted_date
    from all_assignments

)

select * from final
