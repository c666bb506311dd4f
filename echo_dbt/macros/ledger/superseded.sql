{#- What a closed snapshot said before late data changed it. A snapshot is closed once there is a later one and its day has
    ended. It was in time if it was built first within `live_days` of that end: then somebody may have used it, and what it
    said is kept as a version in ops.superseded_features. A snapshot that was built long after the fact is overwritten. -#}

{#- The closed snapshots of the window that were in time, before this build. -#}
{% macro ledger_closed_snapshots(asset) -%}
    {%- set live_days = model.config.meta['snapshots']['live_days'] -%}
    select snapshot_date, {{ end_of_business_day('snapshot_date') }} as event_timestamp
    from ops.feature_snapshots
    where
        asset = '{{ asset }}'
        and {{ in_window('snapshot_date') }}
        and snapshot_date < (select max(days.day) from {{ kept_days() }} as days (day))
        and {{ end_of_business_day('snapshot_date') }} <= now()
        and first_built_at < {{ end_of_business_day('snapshot_date') }} + interval '{{ live_days }} days'
{%- endmacro %}

{#- The rows of closed snapshots that this build makes. -#}
{% macro ledger_made_rows() -%}
    {%- set entity_id = ledger_meta(model)['entity'] ~ '_id' -%}
    (
        select made.* from {{ this }} as made
        inner join echo_closed on made.snapshot_date = echo_closed.snapshot_date
        inner join echo_snapshots on made.snapshot_date = echo_snapshots.snapshot_date
        where echo_snapshots.is_whole or made.{{ entity_id }} in (select echo_entities.entity_id from echo_entities)
    )
{%- endmacro %}

{#- In record_build: the versions that this build has ended. That there was no row is a version, too, without features;
    it has no end while there still is none. -#}
{% macro record_superseded() %}
    {%- set asset = ledger_asset(model) | trim %}
    {%- set entity_id = ledger_meta(model)['entity'] ~ '_id' %}
    if exists (select from echo_closed) then
        create temp table echo_changes on commit drop as
        select
            coalesce(before.{{ entity_id }}, after.{{ entity_id }}) as entity_id,
            closed.snapshot_date,
            closed.event_timestamp,
            case when before.{{ entity_id }} is not null then to_jsonb(before) end as features,
            after.{{ entity_id }} is null as is_gone
        from {{ ledger_made_rows() }} as after
        full outer join echo_features as before
            on after.snapshot_date = before.snapshot_date and after.{{ entity_id }} = before.{{ entity_id }}
        inner join echo_closed as closed
            on closed.snapshot_date = coalesce(before.snapshot_date, after.snapshot_date)
        where
            before.{{ entity_id }} is null
            or after.{{ entity_id }} is null
            or {% if is_incremental() %}before is distinct from after
            {%- else %}not to_jsonb(after) @> to_jsonb(before){% endif %};
        {{ ledger_superseded_versions(asset, entity_id) }}
    end if;
{% endmacro %}

{% macro ledger_superseded_versions(asset, entity_id) %}
        update ops.superseded_features as version set superseded_at = now()
        from echo_changes
        where
            version.asset = '{{ asset }}'
            and version.snapshot_date = echo_changes.snapshot_date
            and version.entity_id = echo_changes.entity_id
            and version.superseded_at = 'infinity'
            and not echo_changes.is_gone;
        insert into ops.superseded_features (asset, entity_id, snapshot_date, known_at, superseded_at, features)
        select
            '{{ asset }}', changes.entity_id, changes.snapshot_date, versions.known_at, versions.superseded_at,
            coalesce(
                versions.features,
                jsonb_build_object(
                    '{{ entity_id }}', changes.entity_id,
                    'snapshot_date', changes.snapshot_date,
                    'event_timestamp', changes.event_timestamp
                )
            )
        from echo_changes as changes
        left join lateral (
            select max(version.superseded_at) as superseded_at
            from ops.superseded_features as version
            where
                version.asset = '{{ asset }}'
                and version.snapshot_date = changes.snapshot_date
                and version.entity_id = changes.entity_id
        ) as earlier on true
        cross join lateral (
            select coalesce(earlier.superseded_at, changes.event_timestamp) as known_at, now() as superseded_at, changes.features
            where changes.features is not null or earlier.superseded_at is null
            union all
            select now(), 'infinity', null where changes.is_gone
        ) as versions;
{% endmacro %}
