{#- Facts that declare `meta: {echo: {changes: [column, ...]}}`: when a build changes rows of a day, it is written down whose,
    in ops.changed_rows. So snapshots of thousands of entities need not be made anew for one late row. Where too much
    changed to be told, or nobody has snapshots yet, one row says that everybody may have other rows from a day on. -#}

{#- In remember_marks: the rows of the window as they were; no table if the fact is created or the window is large. -#}
{% macro remember_rows() %}
    {%- if is_incremental() %}
    if not {{ ledger_window_is_large() }} then
        create temp table echo_rows on commit drop as
        select * from {{ this }} where {{ in_window(ledger_meta(model)['day_column']) }};
    end if;
    {%- endif %}
{% endmacro %}

{% macro ledger_window_is_large() -%}
    exists (select from {{ this }} where {{ in_window(ledger_meta(model)['day_column']) }} offset 200000)
{%- endmacro %}

{#- In record_build: whose rows are others now. Who has no row left in the window is not named: it may be somebody who was
    erased. Then, too, everybody may have other rows from the day on. -#}
{% macro record_changed_rows() %}
    {%- set asset = ledger_asset(model) | trim %}
    {%- set day = ledger_meta(model)['day_column'] %}
    delete from ops.changed_rows
    where
        asset = '{{ asset }}'
        and change_id <= (select min(change_id) from ops.feature_snapshots where asset = any ({{ ledger_snapshot_readers() }}));
    if
        to_regclass('pg_temp.echo_rows') is null
        or not exists (select from ops.feature_snapshots where asset = any ({{ ledger_snapshot_readers() }}))
        or {{ ledger_window_is_large() }}
    then
        delete from ops.changed_rows where asset = '{{ asset }}' and day >= {{ window_bound('min_date') if is_incremental() else "'-infinity'" }};
        insert into ops.changed_rows (asset, day)
        values ('{{ asset }}', {{ window_bound('min_date') if is_incremental() else "'-infinity'" }});
    else
        with now_rows as (
            select * from {{ this }} where {{ in_window(day) }}
        ), changed as (
            (select * from now_rows except all table echo_rows) union all (table echo_rows except all select * from now_rows)
        ), touched as (
            {%- for column in ledger_meta(model)['changes'] %}
            select distinct {{ day }} as day, '{{ column }}' as kind, {{ column }}::text as member,
                {{ column }} in (select {{ column }} from now_rows) as is_there
            from changed where {{ column }} is not null
            {% if not loop.last %}union all{% endif %}
            {%- endfor %}
        )
        insert into ops.changed_rows (asset, day, kind, member)
        select distinct '{{ asset }}', day, case when is_there then kind end, case when is_there then member end
        from touched;
    end if;
{% endmacro %}

{#- The models with snapshots that are made of this fact's changes, as an array of their names. -#}
{% macro ledger_snapshot_readers() -%}
    array[
    {%- for node in graph.nodes.values() -%}
        {%- set changes = node.config.get('meta', {}).get('snapshots', {}).get('changes') or {} -%}
        {%- if changes.get('fact') == model.name -%}'{{ ledger_asset(node) | trim }}', {% endif -%}
    {%- endfor -%}
    null]::text[]
{%- endmacro %}
