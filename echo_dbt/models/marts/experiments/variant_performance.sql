with

experiments as (

    select * from {{ ref('dim_experiment') }}

),

experiment_days as (

    select * from {{ ref('experiment_daily') }}

),

designed_arms as (

    select
        experiments.experiment_key,
        arms.variant_name,
        case when jsonb_typeof(arms.share) = 'number' then (arms.share #>> '{}')::numeric end as designed_share
    from experiments
    cross join lateral jsonb_each(
        case when jsonb_typeof(experiments.arms) = 'object' then experiments.arms else '{}'::jsonb end
    ) as arms (variant_name, share)

),

observed_arms as (

    select
        experiment_key,
        variant_name,
        sum(users)::bigint as users,
        sum(excluded_users)::bigint as excluded_users,
        sum(conversions)::bigint as conversions,
        sum(revenue) as revenue,
        sum(revenue_squared) as revenue_squared
    from experiment_days
    group by 1, 2

),

arms as (

    select
        coalesce(designed_arms.experiment_key, observed_arms.experiment_key) as experiment_key,
        coalesce(designed_arms.variant_name, observed_arms.variant_name) as variant_name,
        designed_arms.designed_share,
        coalesce(observed_arms.users, 0) as users,
        coalesce(observed_arms.excluded_users, 0) as excluded_users,
        coalesce(observed_arms.conversions, 0) as conversions,
        coalesce(observed_arms.revenue, 0) as revenue,
        coalesce(observed_arms.revenue_squared, 0) as revenue_squared
    from designed_arms
    full outer join observed_arms
        on
            designed_arms.experiment_key = observed_arms.experiment_key
            and designed_arms.variant_name = observed_arms.variant_name

),

final as (

    select
        arms.experiment_key,
        experiments.experiment_id,
        arms.variant_name,
        coalesce(arms.variant_name = experiments.control, false) as is_control,
        arms.designed_share,
        {{ calculate_ratio('arms.users', 'sum(arms.users) over (partition by arms.experiment_key)') }}
            as realised_share,
        arms.users,
        arms.excluded_users,
        arms.conversions,
        {{ calculate_conversion_rate('arms.conversions', 'arms.users') }} as conversion_rate,
        arms.revenue,
        arms.revenue_squared,
        {{ calculate_ratio('arms.revenue', 'arms.users') }} as revenue_per_user
    from arms
    inner join experiments
        on arms.experiment_key = experiments.experiment_key

)

select * from final
