-- Every unit is in one day of one arm, counted or excluded; revenue adds up to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'experiment_daily'}}}) }}

with

units as (

    select
        count(*) as units,
        count(*) filter (where is_excluded) as excluded_users,
        count(*) filter (where converted and not is_excluded) as conversions,
        coalesce(sum(revenue) filter (where not is_excluded), 0) as revenue
    from {{ ref('fact_experiments') }}

),

days as (

    select
        coalesce(sum(users + excluded_users), 0)::bigint as units,
        coalesce(sum(excluded_users), 0)::bigint as excluded_users,
        coalesce(sum(conversions), 0)::bigint as conversions,
        coalesce(sum(revenue), 0) as revenue
    from {{ ref('experiment_daily') }}

),

final as (

    select * from days
    except
    select * from units

)

select * from final
