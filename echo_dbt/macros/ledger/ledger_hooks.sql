{#- The hooks of every table: what it had seen of its sources is written in the transaction that builds it.
    Where the ledger does not exist (a plain `dbt build` against another database) they record nothing. -#}

{#- pre-hook. Serialises builds of one table, fixes the session's time zone, and remembers the marks before the model
    reads anything. A table built by day or month that is about to be created from nothing forgets the days it had. -#}
{% macro remember_marks() %}
{%- if execute and model.config.materialized in ('table', 'incremental') -%}
{%- set asset = ledger_asset(model) | trim -%}
{%- set gates = ledger_gates(model) -%}
do $remember_marks$
begin
    perform set_config('TimeZone', 'UTC', true);
    perform pg_advisory_xact_lock(hashtext('echo_dbt'), hashtext('{{ asset }}'));
    {%- if gates %}
    if {{ ledger_exists() }} then
        {%- if ledger_reach(model) != 'whole' and not is_incremental() %}
        delete from ops.built_days where asset = '{{ asset }}';
        {%- endif %}
        {{- remember_snapshots(gates) if ledger_reach(model) == 'as_of' }}
        create temp table echo_marks on commit drop as
        {{ ledger_marks(gates, asset) }};
        {{- remember_entities(gates) if ledger_reach(model) == 'as_of' }}
        {{- remember_rows() if ledger_meta(model).get('changes') }}
    {%- if ledger_reach(model) == 'as_of' %}
    else
        raise exception 'this database has no ledger that could say of which days there are data: run `echoctl up`';
    {%- endif %}
    end if;
    {%- endif %}
    {{- remember_months() if ledger_reach(model) == 'month' }}
    {{- remember_versions() if ledger_meta(model).get('versions') }}
    {{- remember_figures() if ledger_meta(model).get('restates') }}
end
$remember_marks$
{%- endif -%}
{% endmacro %}

{#- post-hook. Writes what was remembered, and what the build changed that others must know. -#}
{% macro record_build() %}
{%- if execute and model.config.materialized in ('table', 'incremental') and ledger_gates(model) -%}
{%- set asset = ledger_asset(model) | trim -%}
do $record_build$
begin
    if {{ ledger_exists() }} then
    {{- record_changed_versions() if ledger_meta(model).get('versions') }}
    {{- record_restatements() if ledger_meta(model).get('restates') }}
    {{- record_changed_rows() if ledger_meta(model).get('changes') }}
    {%- if ledger_reach(model) == 'as_of' %}
    {{- record_snapshots() }}
    {{- record_superseded() }}
    {%- endif %}
    {%- if ledger_reach(model) == 'whole' %}
        insert into ops.built_assets (asset, source, mark, built_at)
        select '{{ asset }}', source, mark, now() from echo_marks
        on conflict (asset, source) do update set mark = excluded.mark, built_at = excluded.built_at;
    {%- else %}
        insert into ops.built_days (asset, source, day, mark)
        select '{{ asset }}', source, day, mark from echo_marks
        on conflict (asset, source, day) do update set mark = excluded.mark;
    {%- endif %}
    end if;
end
$record_build$
{%- endif -%}
{% endmacro %}

{% macro ledger_exists() -%}
    to_regclass('ops.dirty_days') is not null
        and to_regclass('ops.built_days') is not null
        and to_regclass('ops.built_assets') is not null
{%- endmacro %}

{#- on-run-start. Says once, instead of once per model, that nothing will be recorded. -#}
{% macro report_ledger() %}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {%- if not run_query('select ' ~ ledger_exists()).columns[0].values()[0] -%}
            {%- do log(
                'The ledger (ops.dirty_days, ops.built_days, ops.built_assets) is not in database ' ~ target.dbname
                ~ ': models are built as usual and nothing is recorded.', info=true) -%}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
