{#- Models with snapshots (`meta: {echo: {reach: as_of, entity: ...}}`): which days have one, which are made in this build, and
    for whom. A snapshot is made whole, unless nothing but rows of the fact has changed that the model declares: then
    ops.changed_rows says whose, and it is made for these entities alone. -#}

{#- In remember_marks, before the marks are read: the closed snapshots of the window that were in time, then the days that the
    model will hold, and those that are made. A model that is created holds the days of the window alone. -#}
{% macro remember_snapshots(gates) %}
    {%- set asset = ledger_asset(model) | trim %}
        create temp table echo_closed on commit drop as {{ ledger_closed_snapshots(asset) }};
        if to_regclass('{{ this }}') is null then
            truncate echo_closed;
            delete from ops.feature_snapshots where asset = '{{ asset }}';
        end if;
        delete from ops.feature_snapshots
        where
            asset = '{{ asset }}'
            and snapshot_date not in (
                select days.day from {{ retained_days(gates) }} as days (day)
                {%- if not is_incremental() %} where {{ in_window('days.day') }}{% endif %}
            );
        create temp table echo_snapshots on commit drop as
        select
            days.day as snapshot_date,
            {{ 'held.change_id is null' if is_incremental() and ledger_changes() else 'true' }} as is_whole,
            held.change_id,
            {{ ledger_last_change() }} as next_change_id
        from {{ retained_days(gates) }} as days (day)
        left join ops.feature_snapshots as held on held.asset = '{{ asset }}' and days.day = held.snapshot_date
        where {{ in_window('days.day') }};
        insert into ops.feature_snapshots (asset, snapshot_date)
        select '{{ asset }}', snapshot_date from echo_snapshots
        on conflict do nothing;
        delete from ops.built_days
        where asset = '{{ asset }}' and day not in (select days.day from {{ kept_days() }} as days (day));
        delete from ops.superseded_features
        where asset = '{{ asset }}' and snapshot_date not in (select days.day from {{ kept_days() }} as days (day));
{% endmacro %}

{#- In remember_marks, after the marks were read, so that no change is missed that they tell of: for whom each snapshot is
    made, and the rows of these that were there in time. -#}
{% macro remember_entities(gates) %}
    {%- set changes = ledger_changes() %}
        create temp table echo_entities (entity_id text primary key) on commit drop;
        {%- if is_incremental() and changes %}
        update echo_snapshots set next_change_id = {{ ledger_last_change() }};
        update echo_snapshots set is_whole = true where not is_whole and not ({{ ledger_only_rows_changed(gates) }});
        insert into echo_entities {{ ledger_changed_entities() }};
        {%- endif %}
        analyze echo_snapshots;
        analyze echo_entities;
        if exists (select from echo_closed) then
            create temp table echo_features on commit drop as select * from {{ ledger_made_rows() }} as made;
            analyze echo_features;
        end if;
{% endmacro %}

{#- In record_build: up to which change each snapshot is made. One that does not claim all that was marked stays where it
    was; one outside of the window goes along if no change concerns it. -#}
{% macro record_snapshots() %}
    {%- set asset = ledger_asset(model) | trim %}
    update ops.feature_snapshots as held set change_id = echo_snapshots.next_change_id
    from echo_snapshots
    where
        held.asset = '{{ asset }}'
        and held.snapshot_date = echo_snapshots.snapshot_date
        and not exists (
            select from echo_marks where echo_marks.day = held.snapshot_date and echo_marks.mark < echo_marks.newest
        );
    {%- if ledger_changes() %}
    update ops.feature_snapshots as held set change_id = made.next_change_id
    from (select max(next_change_id) as next_change_id from echo_snapshots) as made
    where
        held.asset = '{{ asset }}'
        and held.snapshot_date not in (select echo_snapshots.snapshot_date from echo_snapshots)
        and not exists (
            select from ops.changed_rows as changed
            where
                changed.asset = '{{ ledger_asset_of(ledger_changes()["fact"]) | trim }}'
                and changed.change_id > held.change_id and changed.day <= held.snapshot_date
        );
    {%- endif %}
{% endmacro %}

{#- What the model declares of the fact whose changed rows say for whom it must be made: {fact, column, through}. -#}
{% macro ledger_changes() %}
    {%- do return(model.config.meta['snapshots'].get('changes')) -%}
{% endmacro %}

{% macro ledger_asset_of(name) -%}
    {{ ledger_asset(graph.nodes['model.echo.' ~ name]) | trim }}
{%- endmacro %}

{% macro ledger_last_change() -%}
    {%- if ledger_changes() -%}
    (
        select coalesce(max(changed.change_id), 0) from ops.changed_rows as changed
        where changed.asset = '{{ ledger_asset_of(ledger_changes()["fact"]) | trim }}'
    )
    {%- else -%}0::bigint{%- endif -%}
{%- endmacro %}

{#- Whether a row of echo_snapshots has something new to see, all of it comes by way of the fact, and the fact's changes tell
    whose it is. -#}
{% macro ledger_only_rows_changed(gates) -%}
    {%- set covered = ledger_gates(graph.nodes['model.echo.' ~ ledger_changes()['fact']]).keys() | list -%}
    (
        select coalesce(bool_and(marks.source = any (array['{{ covered | join("', '") }}'])), false)
        from echo_marks as marks
        left join ops.built_days as built
            on built.asset = '{{ ledger_asset(model) | trim }}' and marks.source = built.source and marks.day = built.day
        where marks.day = echo_snapshots.snapshot_date and marks.newest is distinct from built.mark
    )
    and not exists (
        select from ops.changed_rows as changed
        where
            changed.asset = '{{ ledger_asset_of(ledger_changes()["fact"]) | trim }}'
            and changed.change_id > echo_snapshots.change_id
            and changed.member is null and changed.day <= echo_snapshots.snapshot_date
    )
{%- endmacro %}

{% macro ledger_changed_entities() -%}
    {%- set changes = ledger_changes() -%}
    select distinct {{ 'members.' ~ changes['through']['entity'] if changes.get('through') else 'changed.member' }}
    from ops.changed_rows as changed
    {%- if changes.get('through') %}
    {%- set through = graph.nodes['model.echo.' ~ changes['through']['model']] %}
    inner join {{ through.schema }}.{{ through.name }} as members on changed.member = members.{{ changes['column'] }}::text
    {%- endif %}
    where
        changed.asset = '{{ ledger_asset_of(changes["fact"]) | trim }}'
        and changed.kind = '{{ changes["column"] }}'
        and changed.change_id > (select min(echo_snapshots.change_id) from echo_snapshots where not echo_snapshots.is_whole)
        and changed.day <= (select max(echo_snapshots.snapshot_date) from echo_snapshots where not echo_snapshots.is_whole)
        {%- if changes.get('through') %}
        and members.{{ changes['through']['entity'] }} is not null
        {%- endif %}
{%- endmacro %}
