{#- Selects (source, day, mark): what a model can claim to have seen of its sources when it starts to read.
    Publishing raises the marks of ops.dirty_days; a table between the model and the source holds the claim back
    until it has been rebuilt itself, so that the model stays dirty and a race or a crash heals. -#}

{% macro ledger_marks(gates, asset) -%}
    {%- if ledger_reach(model) == 'whole' -%}{{ ledger_whole_marks(gates) }}
    {%- elif ledger_reach(model) == 'as_of' -%}{{ ledger_snapshot_marks(gates) }}
    {%- else -%}{{ ledger_day_marks(gates, asset) }}
    {%- endif -%}
{%- endmacro %}

{#- A whole table: one mark per source. -#}
{% macro ledger_whole_marks(gates) %}
    {%- for source, tables in gates.items() %}
        select '{{ source }}' as source, null::date as day, least(
            (select coalesce(max(mark), 0) from ops.dirty_days where source = '{{ source }}')
            {%- for table in tables if table.reach == 'whole' %},
            (
                select coalesce(max(mark), 0) from ops.built_assets
                where asset = '{{ table.asset }}' and source = '{{ source }}'
            )
            {%- endfor %}
            {%- for table in tables if table.reach != 'whole' %},
            (
                select coalesce(min(dirty.mark) - 1, 9223372036854775807) from ops.dirty_days as dirty
                where dirty.source = '{{ source }}' and not {{ ledger_day_is_built(table) }}
            )
            {%- endfor %}
        ) as mark
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{% endmacro %}

{#- A model built by day: the mark of each day of the window. One built by month: of each day that it has not seen. -#}
{% macro ledger_day_marks(gates, asset) %}
    select dirty.source, dirty.day, dirty.mark
    from ops.dirty_days as dirty
    where {% if ledger_reach(model) == 'day' %}{{ in_window('dirty.day') }}
    {%- else %}not {{ ledger_day_is_built({'asset': asset}) }}{% endif %} and (
        {%- for source, tables in gates.items() %}
        (
            dirty.source = '{{ source }}'
            {%- for table in tables %}
            and {% if table.reach != 'whole' %}{{ ledger_day_is_built(table) }}{% else %}exists (
                select from ops.built_assets as built
                where built.asset = '{{ table.asset }}' and built.source = dirty.source and built.mark >= dirty.mark
            ){% endif %}
            {%- endfor %}
        )
        {%- if not loop.last %} or{% endif %}
        {%- endfor %}
    )
{% endmacro %}

{% macro ledger_day_is_built(table) -%}
    exists (
        select from ops.built_days as built
        where built.asset = '{{ table.asset }}' and built.source = dirty.source
            and built.day = dirty.day and built.mark = dirty.mark
    )
{%- endmacro %}

{#- A model with snapshots: for each of its snapshots that is in the window the newest mark up to its day, less if a table
    between has not seen it all. -#}
{% macro ledger_snapshot_marks(gates) %}
    {%- for source, tables in gates.items() %}
        select '{{ source }}' as source, day, least(
            mark, held_back
            {%- for table in tables if table.reach == 'whole' %},
            (
                select coalesce(max(mark), 0) from ops.built_assets
                where asset = '{{ table.asset }}' and source = '{{ source }}'
            )
            {%- endfor %}
        ) as mark, mark as newest
        from (
            select
                day, is_snapshot,
                max(mark) over up_to_day as mark,
                min(mark) filter (where not is_built) over up_to_day - 1 as held_back
            from (
                select
                    dirty.day, dirty.mark, false as is_snapshot, true
                    {%- for table in tables if table.reach != 'whole' %} and {{ ledger_day_is_built(table) }}{% endfor %} as is_built
                from ops.dirty_days as dirty
                where dirty.source = '{{ source }}'
                union all
                select snapshot_date, null, true, true from echo_snapshots
            ) as marked
            window up_to_day as (order by day)
        ) as known
        where is_snapshot and mark is not null
        {% if not loop.last %}union all{% endif %}
    {%- endfor %}
{% endmacro %}
