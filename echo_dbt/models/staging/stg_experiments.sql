with

experiments as (

    select * from {{ source('staging', 'experiments') }}

),

final as (

    select
        experiment_id,
        name as experiment_name,
        unit,
        arms::jsonb as arms,
        control,
        primary_metric,
        secondary_metrics::jsonb as secondary_metrics,
        guardrails::jsonb as guardrails,
        mde,
        alpha,
        power,
        looks,
        started_at,
        {{ business_day('started_at') }} as started_date,
        ends_at,
        {{ business_day(
            "case when ends_at > started_at then ends_at - interval '1 microsecond' else ends_at end"
        ) }} as last_date,
        min_days,
        _row_id

    from experiments

)

select * from final
