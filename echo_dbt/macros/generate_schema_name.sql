{#- A model's schema is exactly what dbt_project.yml says, with no prefix: core, finance, marketing, ... -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ (custom_schema_name or target.schema) | trim }}
{%- endmacro %}
