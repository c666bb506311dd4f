-- Every unit of the accepted assignments is in the fact exactly once, with its revenue, counted or not, to the cent.
{{ config(meta={'dagster': {'ref': {'name': 'fact_experiments'}}}) }}

with

assigned_units as (

    select
        experiment_id,
        user_id,
        sum(revenue) as revenue
    from {{ ref('stg_experiment_assignments') }}
    group by experiment_id, user_id

),

staged as (

    select
        count(*) as units,
        coalesce(sum(revenue), 0) as revenue
    from assigned_units

),

built as (

    select
        count(*) as units,
        coalesce(sum(revenue + revenue_outside_window), 0) as revenue
    from {{ ref('fact_experiments') }}

),

final as (

    select * from staged
    except
    select * from built

)

select * from final
