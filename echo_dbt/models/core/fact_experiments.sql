with

assignments as (

    select * from {{ ref('int_experiment_assignments') }}

),

experiments as (

    select * from {{ ref('dim_experiment') }}

),

customers as (

    select * from {{ ref('dim_customer') }}

),

dates as (

    select * from {{ ref('dim_date') }}

),

final as (

    select
        coalesce(experiments.experiment_key, -1) as experiment_key,
        coalesce(customers.customer_key, -1) as customer_key,
        coalesce(dates.date_key, -1) as date_key,
        assignments.experiment_id,
        assignments.user_id,
        assignments.variant_name,
        assignments.assigned_at,
        assignments.assigned_date,
        assignments.converted,
        assignments.converted_at,
        assignments.converted_date,
        assignments.revenue,
        assignments.revenue_outside_window,
        assignments.has_conversion_before_exposure,
        assignments.has_conversion_after_end,
        assignments.is_excluded,
        assignments.exclusion_reason
    from assignments
    left join experiments
        on assignments.experiment_id = experiments.experiment_id
    left join customers
        on
            assignments.user_id = customers.customer_id
            and assignments.assigned_at >= customers.valid_from
            and assignments.assigned_at < customers.valid_to
            and experiments.unit = 'customer'
    left join dates
        on assignments.assigned_date = dates.full_date

)

select * from final
