{#- The CTE `snapshots`: the days that a build makes, their ends and months, and whether they are made for everybody. -#}
{% macro snapshots() -%}
snapshots as (

    select
        days.snapshot_date,
        {{ end_of_business_day('days.snapshot_date') }} as event_timestamp,
        {{ month_start('days.snapshot_date') }} as month,
        {{ is_whole() }} as is_whole
    from {{ snapshot_days() }} as days (snapshot_date)

)
{%- endmacro %}

{#- Whether a day lies in the last `days` days of a snapshot of the window. -#}
{% macro in_reach_of_window(day_column, days) -%}
    {{ day_column }} > {{ window_bound('min_date') }} - {{ days }} and {{ day_column }} < {{ window_bound('max_date') }}
{%- endmacro %}
