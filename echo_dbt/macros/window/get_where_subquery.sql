{#- Lets a test of a daily model look at the days that were built instead of at the whole table:
    `config: {where: in_window(transaction_date)}`. The text is expanded when the test runs, because YAML is
    rendered when the project is parsed and the window differs from run to run. -#}
{% macro get_where_subquery(relation) -%}
    {%- set where = config.get('where') or '' -%}
    {%- set windowed = modules.re.fullmatch('in_window[(]([a-z_]+)[)]', where) -%}
    {%- if windowed -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ in_window(windowed.group(1)) ~ ') as windowed') -%}
    {%- elif where -%}
        {%- do return('(select * from ' ~ relation ~ ' where ' ~ where ~ ') as filtered') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}
