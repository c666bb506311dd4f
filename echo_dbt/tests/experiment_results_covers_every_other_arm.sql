-- Every arm beside a control has its row, and its lift is the difference of the arms' own rates.
{{ config(meta={'dagster': {'ref': {'name': 'experiment_results'}}}) }}

with

arms as (

    select
        experiment_id,
        variant_name,
        is_control,
        conversion_rate
    from {{ ref('variant_performance') }}

),

expected as (

    select
        arms.experiment_id,
        arms.variant_name,
        arms.conversion_rate - controls.conversion_rate as absolute_lift
    from arms
    inner join arms as controls
        on arms.experiment_id = controls.experiment_id
    where
        controls.is_control
        and not arms.is_control

),

results as (

    select
        experiment_id,
        variant_name,
        absolute_lift
    from {{ ref('experiment_results') }}

),

missing as (

    select * from expected
    except
    select * from results

),

unexpected as (

    select * from results
    except
    select * from expected

),

final as (

    select experiment_id from missing
    union all
    select experiment_id from unexpected

)

select * from final
