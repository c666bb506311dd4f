{#- The place of a stage in the funnel, from 1: a lead that reached one has passed those before it. -#}
{% macro funnel_stage_rank(stage) -%}
    array_position(array['lead', 'qualified', 'opportunity', 'customer'], {{ stage }})
{%- endmacro %}
