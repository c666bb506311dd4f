{#- Models that are built as of days (`meta: {echo: {reach: as_of, entity: ...}}`) hold snapshots of their entities as of
    the end of the retained days: the recent days of the data, and the month ends before them. Which days those are
    follows from the ledger. Such a model reads the staging source of whatever it takes from a table that is rebuilt whole,
    if it is more than a key: else it would not become dirty by it. -#}

{#- What such a model says in its meta: which days it retains, and within how many days of its end a first build of a
    snapshot was in time. `echo_assets/planner` reads it, too. `changes` ({fact, column}) names the fact of which the model
    shows rows, and the column that says whose they are; where that is a key, `through` ({model, entity}) says of whom. -#}
{% macro snapshot_settings(changes=none) %}
    {%- do return({
        'changes': changes,
        'recent_days': var('feature_days'),
        'live_days': var('live_days'),
        'first_date': var('first_date'),
    }) -%}
{% endmacro %}

{#- A table: the days whose snapshots a build makes. The pre-hook has filled it; it is analysed, so that the planner knows
    how few they are. -#}
{% macro snapshot_days() -%}
    echo_snapshots
{%- endmacro %}

{#- Whether the snapshot is made for every entity. -#}
{% macro is_whole() -%}
    days.is_whole
{%- endmacro %}

{#- Whether the entity is made in every snapshot of the build. -#}
{% macro is_changed(entity_id) -%}
    {{ entity_id }} in (select changed.entity_id from echo_entities as changed)
{%- endmacro %}

{#- Whether the entity is made in any snapshot of the build. -#}
{% macro is_made(entity_id) -%}
    (exists (select from echo_snapshots as whole where whole.is_whole) or {{ is_changed(entity_id) }})
{%- endmacro %}

{#- Whether an entity's row of a day is asked for: one of the last `days` days of a snapshot that is made for everybody, or
    of an entity that is made in all. -#}
{% macro is_asked_for(entity_id, day, days) -%}
    (
        {{ day }} > (select min(whole.snapshot_date) from echo_snapshots as whole where whole.is_whole) - {{ days }}
        or {{ is_changed(entity_id) }}
    )
{%- endmacro %}

{#- A table function: the days of which the model holds a snapshot, in its build those that it is about to make included. -#}
{% macro kept_days() -%}
    ops.snapshot_days('{{ ledger_asset(model) | trim }}')
{%- endmacro %}

{#- A table function: the days that the model should hold. They begin with the data of the daily models that it reads. -#}
{% macro retained_days(gates) -%}
    {%- set settings = model.config.meta['snapshots'] -%}
    {%- set sources = [] -%}
    {%- for source, tables in gates.items() if '/' not in source and tables | selectattr('reach', 'equalto', 'day') | list -%}
        {%- do sources.append("'" ~ source ~ "'") -%}
    {%- endfor -%}
    ops.retained_days(
        array[{{ sources | join(', ') }}]::text[], '{{ settings["first_date"] }}', {{ settings['recent_days'] }}, {{ last_snapshot_day() }}
    )
{%- endmacro %}

{#- No snapshot is of a later day. -#}
{% macro last_snapshot_day() -%}
    {%- set value = var('today') | string -%}
    {%- if value != 'today' and not modules.re.fullmatch('[0-9]{4}-[0-9]{2}-[0-9]{2}', value) -%}
        {{ exceptions.raise_compiler_error("var today is '" ~ value ~ "': give an ISO date (2024-01-31), or `today`") }}
    {%- endif -%}
    '{{ value }}'::date
{%- endmacro %}

{#- The incremental strategy `replace_snapshots`: what the build made takes the place of what was there, snapshots that are
    no longer retained go. dbt runs it inside the model's one transaction. -#}
{% macro get_incremental_replace_snapshots_sql(arg_dict) %}
    {%- set columns = get_quoted_csv(arg_dict['dest_columns'] | map(attribute='name')) %}

    delete from {{ arg_dict['target_relation'] }}
    where
        snapshot_date not in (select days.day from {{ kept_days() }} as days (day))
        or snapshot_date in (select days.snapshot_date from echo_snapshots as days where days.is_whole);

    delete from {{ arg_dict['target_relation'] }}
    where
        snapshot_date in (select days.snapshot_date from echo_snapshots as days where not days.is_whole)
        and {{ is_changed(config.get('meta')['echo']['entity'] ~ '_id') }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    (select {{ columns }} from {{ arg_dict['temp_relation'] }});
{% endmacro %}
