{#- How a channel label is compared: without outer blanks and case. The seed channel_map is keyed by this form. -#}
{% macro channel_label(label) -%}
    lower(btrim({{ label }}))
{%- endmacro %}
