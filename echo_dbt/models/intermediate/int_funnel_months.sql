{{
    config(
        materialized='incremental',
        incremental_strategy='replace_months',
        on_schema_change='fail',
        indexes=[{'columns': ['month']}],
        meta={'echo': {'reach': 'month', 'month_column': 'month'}},
    )
}}

with

funnel_events as (

    select * from {{ ref('fact_funnel_events') }}
    where {{ in_stale_months('event_date') }}

),

leads_by_stage as (

    select distinct
        {{ month_start('event_date') }} as month,
        campaign_key,
        stage,
        lead_id
    from funnel_events

),

final as (

    select
        month,
        campaign_key,
        count(*) filter (where stage = 'lead') as leads,
        count(*) filter (where stage = 'qualified') as qualified,
        count(*) filter (where stage = 'opportunity') as opportunities,
        count(*) filter (where stage = 'customer') as customers
    from leads_by_stage
    group by 1, 2

)

select * from final
