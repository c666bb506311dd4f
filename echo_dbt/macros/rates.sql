{#- A ratio of two sums: numeric, unrounded, null where there is nothing to divide by. -#}
{% macro calculate_ratio(numerator, denominator) -%}
    (({{ numerator }})::numeric / nullif(({{ denominator }})::numeric, 0))
{%- endmacro %}

{#- The share that converted, as a fraction: 0.1021, not 10.21. -#}
{% macro calculate_conversion_rate(numerator, denominator) -%}
    {{ calculate_ratio(numerator, denominator) }}
{%- endmacro %}

{#- The change from `previous` to `current` as a fraction of the size of `previous`; null without a previous value. -#}
{% macro calculate_growth_rate(current, previous) -%}
    ((({{ current }})::numeric - ({{ previous }})::numeric) / nullif(abs(({{ previous }})::numeric), 0))
{%- endmacro %}
