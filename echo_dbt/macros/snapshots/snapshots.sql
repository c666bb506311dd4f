{#- The CTE `snapshots`: the days that a build makes, their ends, and their months. -#}
{% macro snapshots() -%}
snapshots as (

    select
        days.snapshot_date,
        {{ end_of_business_day('days.snapshot_date') }} as event_timestamp,
        {{ month_start('days.snapshot_date') }} as month
    from {{ snapshot_days() }} as days (snapshot_date)
    where {{ in_window('days.snapshot_date') }}

)
{%- endmacro %}
