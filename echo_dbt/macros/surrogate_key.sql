{#- A bigint key from the md5 of the columns' texts: the same on every build, never negative (-1 is the unknown member).
    Each text is written with its length before it and null as `null`, so that ('a', 'bc') and ('ab', 'c') or
    null and '' never meet. Give instants as `extract(epoch from ...)`: their text depends on the session. -#}
{% macro surrogate_key(columns) -%}
    (('x' || left(md5(
        {%- for column in columns %}
        coalesce(length(({{ column }})::text) || ':' || ({{ column }})::text, 'null')
        {%- if not loop.last %} || '|' ||{% endif %}
        {%- endfor %}
    ), 16))::bit(64)::bigint & 9223372036854775807)
{%- endmacro %}
