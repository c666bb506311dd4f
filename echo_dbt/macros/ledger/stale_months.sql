{#- Models that are rebuilt by month: which months are out of date follows from the ledger, so nobody passes a window.
    A month is stale if one of its days is marked otherwise than the model has seen it. -#}

{#- In remember_marks: the days of all stale months, in the temp table `echo_days`. Where there is no ledger, or the model
    is about to be created, every month is stale and nothing is asked. -#}
{% macro remember_months() %}
    create temp table echo_days (day date primary key) on commit drop;
    {%- if is_incremental() %}
    if {{ ledger_exists() }} then
        insert into echo_days
        select distinct days.day::date
        from echo_marks
        cross join lateral generate_series(
            {{ month_start('echo_marks.day') }}::timestamp,
            {{ month_start('echo_marks.day') }}::timestamp + interval '1 month - 1 day',
            interval '1 day'
        ) as days (day);
    else
        raise exception 'this database has no ledger that could say which months are stale: run with --full-refresh';
    end if;
    analyze echo_days;
    {%- endif %}
{% endmacro %}

{#- Whether a date column of the input lies in a stale month; always, when the table is created. The first two conditions
    say nothing new: they let an index find the rows, and spare the others a look into the list. -#}
{% macro in_stale_months(day_column) -%}
    {%- if is_incremental() -%}
        {{ day_column }} >= (select min(stale.day) from echo_days as stale)
        and {{ day_column }} <= (select max(stale.day) from echo_days as stale)
        and {{ day_column }} in (select stale.day from echo_days as stale)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{#- The incremental strategy `replace_months`: empty the stale months, then insert what the model selects. dbt runs both
    inside the model's one transaction. The column is the model's `meta: {echo: {reach: month, month_column: ...}}`. -#}
{% macro get_incremental_replace_months_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) -%}
    {%- set month_column = config.get('meta')['echo']['month_column'] -%}

    delete from {{ arg_dict['target_relation'] }} where {{ in_stale_months(month_column) }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }});
{% endmacro %}
