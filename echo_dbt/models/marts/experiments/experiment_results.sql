with

variants as (

    select * from {{ ref('variant_performance') }}

),

controls as (

    select * from variants
    where is_control

),

treatments as (

    select * from variants
    where not is_control

),

with_control as (

    select
        treatments.experiment_key,
        treatments.experiment_id,
        treatments.variant_name,
        controls.variant_name as control_name,
        treatments.users,
        treatments.conversions,
        treatments.conversion_rate,
        treatments.revenue_per_user,
        controls.users as control_users,
        controls.conversions as control_conversions,
        controls.conversion_rate as control_conversion_rate,
        controls.revenue_per_user as control_revenue_per_user
    from treatments
    inner join controls
        on treatments.experiment_key = controls.experiment_key

),

final as (

    select
        *,
        conversion_rate - control_conversion_rate as absolute_lift,
        {{ calculate_growth_rate('conversion_rate', 'control_conversion_rate') }} as relative_lift,
        revenue_per_user - control_revenue_per_user as revenue_absolute_lift,
        {{ calculate_growth_rate('revenue_per_user', 'control_revenue_per_user') }} as revenue_relative_lift
    from with_control

)

select * from final
