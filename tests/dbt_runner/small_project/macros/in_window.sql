{% macro in_window(day) -%}
    {{ day }} >= '{{ var("min_date", "-infinity") }}'::date and {{ day }} < '{{ var("max_date", "infinity") }}'::date
{%- endmacro %}
