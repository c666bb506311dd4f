{#- Whether a version is the one of a business day: the one that holds when the day ends. Who buys on the day of an upgrade
    buys as upgraded; and of a day there is exactly one end, so there is exactly one version. -#}
{% macro version_holds_on(version, day) -%}
    {{ version }}.valid_from < {{ end_of_business_day(day) }} and {{ version }}.valid_to >= {{ end_of_business_day(day) }}
{%- endmacro %}

{#- The first instant after a business day. -#}
{% macro end_of_business_day(day) -%}
    (({{ day }} + 1)::timestamp at time zone '{{ var("timezone", env_var("ECHO_TIMEZONE", "UTC")) }}')
{%- endmacro %}
