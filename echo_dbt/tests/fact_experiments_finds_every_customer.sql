-- Where customers are the unit, every one of them has a version at the exposure.
{{ config(meta={'dagster': {'ref': {'name': 'fact_experiments'}}}) }}

with

units as (

    select * from {{ ref('fact_experiments') }}

),

experiments as (

    select * from {{ ref('dim_experiment') }}

),

final as (

    select
        units.experiment_id,
        units.user_id
    from units
    inner join experiments
        on units.experiment_key = experiments.experiment_key
    where
        experiments.unit = 'customer'
        and units.customer_key = -1

)

select * from final
