with

assignments as (

    select * from {{ ref('stg_experiment_assignments') }}

),

experiments as (

    select * from {{ ref('stg_experiments') }}

),

first_exposures as (

    select distinct on (experiment_id, user_id)
        experiment_id,
        user_id,
        variant as variant_name,
        assigned_at,
        assigned_date
    from assignments
    order by experiment_id, user_id, assigned_at, variant collate "C"

),

timed_outcomes as (

    select
        assignments.experiment_id,
        assignments.user_id,
        assignments.variant,
        assignments.converted_at,
        assignments.converted_date,
        assignments.revenue,
        coalesce(assignments.converted, assignments.converted_at is not null) as has_converted,
        coalesce(assignments.converted_at < first_exposures.assigned_at, false) as is_before_exposure,
        coalesce(assignments.converted_at >= experiments.ends_at, false) as is_after_end
    from assignments
    inner join first_exposures
        on
            assignments.experiment_id = first_exposures.experiment_id
            and assignments.user_id = first_exposures.user_id
    left join experiments
        on assignments.experiment_id = experiments.experiment_id

),

judged_outcomes as (

    select
        *,
        not is_before_exposure and not is_after_end as is_in_window
    from timed_outcomes

),

outcomes as (

    select
        experiment_id,
        user_id,
        count(*) as exposures,
        count(distinct variant) as variants,
        bool_or(has_converted and is_in_window) as converted,
        min(converted_at) filter (where has_converted and is_in_window) as converted_at,
        min(converted_date) filter (where has_converted and is_in_window) as converted_date,
        coalesce(sum(revenue) filter (where is_in_window), 0.00) as revenue,
        coalesce(sum(revenue) filter (where not is_in_window), 0.00) as revenue_outside_window,
        bool_or(is_before_exposure) as has_conversion_before_exposure,
        bool_or(is_after_end) as has_conversion_after_end
    from judged_outcomes
    group by experiment_id, user_id

),

judged_users as (

    select
        first_exposures.experiment_id,
        first_exposures.user_id,
        first_exposures.variant_name,
        first_exposures.assigned_at,
        first_exposures.assigned_date,
        outcomes.exposures,
        outcomes.converted,
        outcomes.converted_at,
        outcomes.converted_date,
        outcomes.revenue,
        outcomes.revenue_outside_window,
        outcomes.has_conversion_before_exposure,
        outcomes.has_conversion_after_end,
        outcomes.variants > 1 as is_in_several_variants,
        experiments.experiment_id is not null
        and experiments.arms -> first_exposures.variant_name is null as is_in_unknown_variant,
        coalesce(first_exposures.assigned_at < experiments.started_at, false) as is_assigned_before_start,
        coalesce(first_exposures.assigned_at >= experiments.ends_at, false) as is_assigned_after_end
    from first_exposures
    inner join outcomes
        on
            first_exposures.experiment_id = outcomes.experiment_id
            and first_exposures.user_id = outcomes.user_id
    left join experiments
        on first_exposures.experiment_id = experiments.experiment_id

),

final as (

    select
        *,
        is_in_several_variants
        or is_in_unknown_variant
        or is_assigned_before_start
        or is_assigned_after_end as is_excluded,
        case
            when is_in_several_variants then 'several variants'
            when is_in_unknown_variant then 'unknown variant'
            when is_assigned_before_start then 'assigned before start'
            when is_assigned_after_end then 'assigned after end'
        end as exclusion_reason
    from judged_users

)

select * from final
