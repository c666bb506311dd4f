{#- A text field of an event's data, read as files are: without blanks around it, and null if nothing is left. -#}
{% macro text_of(payload, field) -%}
    nullif(btrim({{ payload }} ->> '{{ field }}'), '')
{%- endmacro %}
