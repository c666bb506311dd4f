{#- One end of the day window, as a date literal. Anything but an ISO date or an infinity stops the build: a window
    that is misread would delete the wrong days. -#}
{% macro window_bound(name) -%}
    {%- set value = var(name) | string -%}
    {%- if value not in ('-infinity', 'infinity') and not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', value) -%}
        {{ exceptions.raise_compiler_error(
            "var " ~ name ~ " is '" ~ value ~ "': give an ISO date (2024-01-31), '-infinity' or 'infinity'") }}
    {%- endif -%}
    '{{ value }}'::date
{%- endmacro %}
