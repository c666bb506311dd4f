{#- The incremental strategy `replace_window` of the daily models: empty the window, then insert what the model selects,
    so that rows that vanished upstream vanish here. dbt runs both inside the model's one transaction.
    The column is the model's `meta: {echo: {reach: day, day_column: ...}}`. -#}
{% macro get_incremental_replace_window_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set day_column = config.get('meta')['echo']['day_column'] -%}

    delete from {{ arg_dict['target_relation'] }} where {{ in_window(day_column) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }});
{% endmacro %}
