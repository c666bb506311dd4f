with

assignments as (

    select * from {{ ref('fact_experiments') }}

),

final as (

    select
        experiment_key,
        experiment_id,
        variant_name,
        assigned_date,
        count(*) filter (where not is_excluded) as users,
        count(*) filter (where is_excluded) as excluded_users,
        count(*) filter (where converted and not is_excluded) as conversions,
        coalesce(sum(revenue) filter (where not is_excluded), 0) as revenue,
        coalesce(sum(revenue * revenue) filter (where not is_excluded), 0) as revenue_squared
    from assignments
    group by 1, 2, 3, 4

)

select * from final
