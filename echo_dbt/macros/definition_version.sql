{#- The version of a metric's definition: a hash of its words, of how it is compared, and of the SQL that makes it. -#}
{% macro definition_version(catalogued, measured, marts) -%}
    left(md5(concat_ws(
        '|', {{ catalogued }}.metric, {{ catalogued }}.definition, {{ catalogued }}.grain, {{ catalogued }}.unit,
        {{ catalogued }}.column_name, {{ measured }}.kind, {{ measured }}.winsorised_at, {{ marts }}.sql_version
    )), 12)
{%- endmacro %}
