{#- One row per `datepart` (day, week, month, ...) from `first` up to, not including, `before`: column `period_start`.
    Goes through timestamp without time zone: with date arguments the session's time zone would leak in. -#}
{% macro date_spine(datepart, first, before) -%}
    select period_start::date as period_start
    from generate_series(
        ({{ first }})::timestamp, ({{ before }})::timestamp, interval '1 {{ datepart }}'
    ) as spine (period_start)
    where period_start < ({{ before }})::timestamp
{%- endmacro %}

{#- The first day of a date's month, as a date: date_trunc of a date would answer a timestamptz. -#}
{% macro month_start(day) -%}
    date_trunc('month', ({{ day }})::timestamp)::date
{%- endmacro %}
