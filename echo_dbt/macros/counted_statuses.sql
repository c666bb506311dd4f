{# Generated from the contracts; do not edit. #}
{% macro counted_statuses(source='revenue') -%}
{%- if source == 'revenue' -%}
    'paid', 'completed'
{%- elif source == 'subscriptions' -%}
    'active'
{%- else -%}
    {{ exceptions.raise_compiler_error('no contract says which statuses of ' ~ source ~ ' count') }}
{%- endif -%}
{%- endmacro %}
