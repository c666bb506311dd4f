{#- The business day an instant belongs to. Applied once, in the staging views. -#}
{% macro business_day(instant) -%}
    ({{ instant }} at time zone '{{ var("timezone", env_var("ECHO_TIMEZONE", "UTC")) }}')::date
{%- endmacro %}
