-- Every accepted funnel event of the window is in the fact exactly once, under its stage.
{{ config(meta={'dagster': {'ref': {'name': 'fact_funnel_events'}}}) }}

with

staged as (

    select
        stage,
        count(*) as events,
        count(distinct lead_id) as leads
    from {{ ref('stg_funnel_events') }}
    where {{ in_window('event_date') }}
    group by 1

),

built as (

    select
        stage,
        count(*) as events,
        count(distinct lead_id) as leads
    from {{ ref('fact_funnel_events') }}
    where {{ in_window('event_date') }}
    group by 1

),

missing as (

    select * from staged
    except
    select * from built

),

unexpected as (

    select * from built
    except
    select * from staged

),

final as (

    select stage from missing
    union all
    select stage from unexpected

)

select * from final
