{#- Whether a date column lies in the window [min_date, max_date). An empty or reversed window stops the build:
    it would succeed and do nothing. -#}
{% macro in_window(day_column) -%}
    {%- set sorts_as = {'-infinity': '', 'infinity': '~'} -%}
    {%- set first, before = var('min_date') | string, var('max_date') | string -%}
    {%- set min_date, max_date = window_bound('min_date'), window_bound('max_date') -%}
    {%- if sorts_as.get(first, first) >= sorts_as.get(before, before) -%}
        {{ exceptions.raise_compiler_error(
            "the window from min_date " ~ first ~ " to max_date " ~ before ~ " holds no day: max_date is exclusive") }}
    {%- endif -%}
    {{ day_column }} >= {{ min_date }} and {{ day_column }} < {{ max_date }}
{%- endmacro %}
