-- Of every experiment the arms add up to the units of the fact.
{{ config(meta={'dagster': {'ref': {'name': 'variant_performance'}}}) }}

with

units as (

    select
        experiment_id,
        count(*) filter (where not is_excluded) as users,
        count(*) filter (where is_excluded) as excluded_users,
        count(*) filter (where converted and not is_excluded) as conversions,
        coalesce(sum(revenue) filter (where not is_excluded), 0) as revenue
    from {{ ref('fact_experiments') }}
    group by 1

),

arms as (

    select
        experiment_id,
        sum(users)::bigint as users,
        sum(excluded_users)::bigint as excluded_users,
        sum(conversions)::bigint as conversions,
        sum(revenue) as revenue
    from {{ ref('variant_performance') }}
    group by 1
    having sum(users + excluded_users) > 0

),

missing as (

    select * from arms
    except
    select * from units

),

unexpected as (

    select * from units
    except
    select * from arms

),

final as (

    select experiment_id from missing
    union all
    select experiment_id from unexpected

)

select * from final
