with

experiments as (

    select * from {{ ref('stg_experiments') }}

),

assignments as (

    select * from {{ ref('stg_experiment_assignments') }}

),

ids_in_facts as (

    select experiment_id from assignments
    group by experiment_id

),

inferred_ids as (

    select ids_in_facts.experiment_id
    from ids_in_facts
    left join experiments
        on ids_in_facts.experiment_id = experiments.experiment_id
    where experiments.experiment_id is null

),

final as (

    select
        {{ surrogate_key(['experiment_id']) }} as experiment_key,
        experiment_id,
        experiment_name,
        unit,
        arms,
        control,
        primary_metric,
        secondary_metrics,
        guardrails,
        mde,
        alpha,
        power,
        looks,
        started_at,
        started_date,
        ends_at,
        last_date,
        min_days,
        false as is_inferred
    from experiments

    union all

    select
        {{ surrogate_key(['experiment_id']) }} as experiment_key,
        experiment_id,
        null as experiment_name,
        null as unit,
        null as arms,
        null as control,
        null as primary_metric,
        null as secondary_metrics,
        null as guardrails,
        null as mde,
        null as alpha,
        null as power,
        null as looks,
        null as started_at,
        null as started_date,
        null as ends_at,
        null as last_date,
        null as min_days,
        true as is_inferred
    from inferred_ids

    union all

    select
        -1 as experiment_key,
        null as experiment_id,
        '(unknown)' as experiment_name,
        null as unit,
        null as arms,
        null as control,
        null as primary_metric,
        null as secondary_metrics,
        null as guardrails,
        null as mde,
        null as alpha,
        null as power,
        null as looks,
        null as started_at,
        null as started_date,
        null as ends_at,
        null as last_date,
        null as min_days,
        false as is_inferred

)

select * from final
