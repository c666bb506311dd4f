{#- Dimensions with versions (`meta: {echo: {versions: {key, member, facts: [{view, day, member}]}}}`): when a build moves
    a version, the days of the facts that now find another one become dirty, under the dimension's own name. -#}

{#- In remember_marks: the versions as they were. -#}
{% macro remember_versions() %}
    {%- set versions = ledger_meta(model)['versions'] %}
    create temp table echo_versions (member text, key bigint, valid_from timestamptz, valid_to timestamptz)
    on commit drop;
    if to_regclass('{{ this }}') is not null then
        insert into echo_versions
        select {{ versions['member'] }}, {{ versions['key'] }}, valid_from, valid_to from {{ this }}
        where {{ versions['member'] }} is not null;
    end if;
    analyze echo_versions;
{% endmacro %}

{#- In record_build: marks for the days on which a fact's row now belongs to another version. A member that is new has no
    rows yet but those of days that are dirty anyway. A first build marks nothing: nothing has looked anything up. -#}
{% macro record_changed_versions() %}
    {%- set versions = ledger_meta(model)['versions'] %}
    create temp table echo_changed on commit drop as
    select distinct member from (
        (table echo_versions except select {{ ledger_versions_now(versions) }})
        union all
        (select {{ ledger_versions_now(versions) }} except table echo_versions)
    ) as moved;
    if
        exists (select from echo_changed)
        and exists (select from ops.built_days where asset = any ({{ ledger_readers() }}))
    then
        with mark as materialized (select nextval(pg_get_serial_sequence('ops.loads', 'load_id')) as mark)
        insert into ops.dirty_days (source, day, mark)
        select '{{ ledger_asset(model) | trim }}', days.day, mark.mark
        from (
            {%- for fact in versions['facts'] %}
            {{ ledger_days_of_other_versions(fact, versions) }}
            {%- if not loop.last %} union {% endif %}
            {%- endfor %}
        ) as days
        cross join mark
        on conflict (source, day) do update set mark = excluded.mark;
    end if;
{% endmacro %}

{#- The models by day or month that look this one up, as an array of their names. -#}
{% macro ledger_readers() -%}
    array[
    {%- for node in graph.nodes.values() if model.unique_id in node.depends_on.nodes and ledger_reach(node) != 'whole' -%}
        '{{ ledger_asset(node) | trim }}',
    {%- endfor -%}
    null]::text[]
{%- endmacro %}

{% macro ledger_versions_now(versions) -%}
    {{ versions['member'] }}, {{ versions['key'] }}, valid_from, valid_to from {{ this }}
    where {{ versions['member'] }} is not null
{%- endmacro %}

{% macro ledger_days_of_other_versions(fact, versions) %}
    {%- set view = graph.nodes['model.echo.' ~ fact['view']] -%}
            select distinct facts.day
            from (
                select {{ fact['member'] }} as member, {{ fact['day'] }} as day
                from {{ view.schema }}.{{ view.name }}
                where {{ fact['member'] }} in (select echo_changed.member from echo_changed)
                group by 1, 2
            ) as facts
            inner join echo_versions as before
                on facts.member = before.member and {{ version_holds_on('before', 'facts.day') }}
            inner join (select {{ ledger_versions_now(versions) }}) as after (member, key, valid_from, valid_to)
                on facts.member = after.member and {{ version_holds_on('after', 'facts.day') }}
            where before.key <> after.key
{% endmacro %}
