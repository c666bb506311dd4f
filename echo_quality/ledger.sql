-- The operations ledger: what was loaded, what must be rebuilt, what the checks said, what was raised.
-- Run twice it changes nothing.
create schema if not exists ops;

-- One row is one attempt to load one version of one file. `reading` is the hash of how its contract reads rows; from
-- `replay_at` on somebody wants its bytes read again.
create table if not exists ops.loads (
    load_id bigint primary key generated always as identity,
    source text not null,
    file text not null,
    partition_key text not null,
    sha256 text not null,
    bytes bigint not null,
    modified_ns bigint not null,
    contract_version text not null,
    max_rejected_share numeric not null,
    rows_in_file bigint,
    staged bigint,
    withheld bigint,
    quarantined bigint,
    duplicates bigint,
    money_in_file numeric,
    money_staged numeric,
    money_withheld numeric,
    money_quarantined numeric,
    money_duplicates numeric,
    status text not null default 'landed'
    check (status in ('landed', 'loaded', 'replaced', 'refused', 'superseded', 'withdrawn')),
    reason text,
    notes jsonb not null default '{}',
    landed_at timestamptz not null default clock_timestamp(),
    loaded_at timestamptz
);
alter table ops.loads add column if not exists reading text;
alter table ops.loads add column if not exists replay_at timestamptz;
create index if not exists loads_of_a_file on ops.loads (source, partition_key);

-- One row is one verdict of one check at one time.
create table if not exists ops.check_results (
    check_result_id bigint primary key generated always as identity,
    asset text not null,
    check_name text not null,
    partition text,
    load_id bigint,
    passed boolean not null,
    severity text not null check (severity in ('WARN', 'ERROR')),
    blocking boolean not null default false,
    evaluated_at timestamptz not null default clock_timestamp(),
    run_id text,
    metadata jsonb not null default '{}'
);
create index if not exists check_results_history on ops.check_results (asset, check_name, evaluated_at);

-- One row is one thing that somebody should know.
create table if not exists ops.alerts (
    alert_id bigint primary key generated always as identity,
    raised_at timestamptz not null default clock_timestamp(),
    kind text not null,
    subject text not null,
    message text not null,
    run_id text,
    metadata jsonb not null default '{}'
);
-- Delivery: told names the services that took it, told_with the first alert of the same message, suppressed_by the alert
-- that had told the same before.
alter table ops.alerts add column if not exists delivered_at timestamptz;
alter table ops.alerts add column if not exists attempts integer not null default 0;
alter table ops.alerts add column if not exists next_attempt_at timestamptz;
alter table ops.alerts add column if not exists error text;
alter table ops.alerts add column if not exists told text[] not null default '{}';
alter table ops.alerts add column if not exists told_at timestamptz;
alter table ops.alerts add column if not exists told_with bigint;
alter table ops.alerts add column if not exists suppressed_by bigint;

-- One row is one window of a source that is read from a server, as its file stands. `cursor` is the highest that was read,
-- and is empty where something before the window was never read.
create table if not exists ops.extracts (
    source text not null,
    "window" text not null,
    file text not null,
    rows bigint not null,
    sha256 text not null,
    "cursor" text,
    extracted_at timestamptz not null default clock_timestamp(),
    primary key (source, "window")
);

-- One row is one business day of one source that a load touched; mark is the load that touched it last. The source is
-- a staging table, or a dimension (core/dim_customer): then members have another version on that day than before.
create table if not exists ops.dirty_days (
    source text not null,
    day date not null,
    mark bigint not null,
    primary key (source, day)
);

-- One row is what a model built by day or by month had seen of a day when it last built it.
create table if not exists ops.built_days (
    asset text not null,
    source text not null,
    day date not null,
    mark bigint not null,
    primary key (asset, source, day)
);

-- One row is what an unpartitioned model had seen of a source when it was last built.
create table if not exists ops.built_assets (
    asset text not null,
    source text not null,
    mark bigint not null,
    built_at timestamptz not null default clock_timestamp(),
    primary key (asset, source)
);

-- One row is one change of one figure of a closed period, and the marks that were new when it changed.
create table if not exists ops.restatements (
    restatement_id bigint primary key generated always as identity,
    asset text not null,
    period date not null,
    grain text not null,
    figure text not null,
    before numeric,
    after numeric,
    cause jsonb not null,
    restated_at timestamptz not null default clock_timestamp()
);
create index if not exists restatements_of_a_figure on ops.restatements (asset, figure, period);

-- One row is one column that another column is made of; the column * stands for the rows of a table. `how` is value for a
-- part of the expression, rows for what decides which rows are read, joined or counted.
create table if not exists ops.column_lineage (
    asset text not null,
    "column" text not null,
    from_asset text not null,
    from_column text not null,
    how text not null check (how in ('value', 'rows')),
    primary key (asset, "column", from_asset, from_column)
);
create index if not exists column_lineage_upwards on ops.column_lineage (from_asset, from_column);

-- One row is one rejected row of one source over all loads, known by the hash of its raw text; it holds no value of a file.
create table if not exists ops.quarantine_rows (
    quarantine_id bigint primary key generated always as identity,
    source text not null,
    fingerprint text not null,
    status text not null default 'open' check (status in ('open', 'fixed', 'waived')),
    rules jsonb not null,
    first_seen_at timestamptz not null,
    first_load_id bigint not null,
    last_seen_at timestamptz not null,
    last_load_id bigint not null,
    fixed_at timestamptz,
    fixed_by_load_id bigint,
    fixed_how text,
    waived_at timestamptz,
    waived_by text,
    waived_reason text,
    unique (source, fingerprint)
);
create index if not exists quarantine_rows_open on ops.quarantine_rows (source) where status = 'open';

-- One row is one accepted load in figures, which later loads are compared with; those of a batch came in together.
create table if not exists ops.load_profiles (
    load_id bigint primary key,
    source text not null,
    batch bigint not null,
    profile jsonb not null,
    profiled_at timestamptz not null default clock_timestamp()
);
create index if not exists load_profiles_of_a_source on ops.load_profiles (source, load_id);

-- One row is a stretch of business days on which a source is known not to be as usual; without a last day it goes on.
create table if not exists ops.incidents (
    incident_id bigint primary key generated always as identity,
    source text not null,
    first_day date not null,
    last_day date check (last_day >= first_day),
    reason text not null,
    declared_at timestamptz not null default clock_timestamp()
);

-- One row is one way in which the columns of a load differ from what its contract or its last load led to expect.
create table if not exists ops.schema_changes (
    schema_change_id bigint primary key generated always as identity,
    load_id bigint not null,
    source text not null,
    file text not null,
    kind text not null,
    "column" text not null,
    class text not null check (class in ('minor', 'major')),
    what text not null,
    answer text not null,
    proposal text,
    seen_at timestamptz not null default clock_timestamp()
);
create index if not exists schema_changes_of_a_load on ops.schema_changes (load_id);

-- One row is one person who was erased: who it was is told by a salted hash alone, whose salt is in the lake and not here.
-- `token` stands for the person wherever rows must stay countable; `known` are hashes of what else was personal.
create table if not exists ops.erasures (
    erasure_id bigint primary key generated always as identity,
    person text not null unique,
    token text not null,
    known text[] not null default '{}',
    status text not null default 'begun' check (status in ('begun', 'done')),
    erased_by text not null,
    begun_at timestamptz not null default now(),
    done_at timestamptz,
    counts jsonb not null default '{}'
);

-- One row is one file of the lake that is no longer what its name says: an erased person was taken out of its bytes.
create table if not exists ops.erased_files (
    sha256 text primary key,
    erased_sha256 text not null,
    rows bigint not null,
    erased_at timestamptz not null default now()
);

-- One row is one day as of whose end a model of features has a snapshot, and when it was built first. The model keeps it.
create table if not exists ops.feature_snapshots (
    asset text not null,
    snapshot_date date not null,
    first_built_at timestamptz not null default now(),
    primary key (asset, snapshot_date)
);
-- Up to which change of the rows of its fact the snapshot is made.
alter table ops.feature_snapshots add column if not exists change_id bigint;

-- One row is one member whose rows of one day of a fact a build has changed; without a member, everybody may have other rows
-- from that day on. `member` is a value of the column `kind`. Kept until every snapshot is made with it.
create table if not exists ops.changed_rows (
    change_id bigint primary key generated always as identity,
    asset text not null,
    day date not null,
    kind text,
    member text
);
create index if not exists changed_rows_of_a_fact on ops.changed_rows (asset, change_id);

-- One row is what a closed snapshot said of one entity until late data changed it: the old row, since when it had been
-- known, and when something else took its place. Where there was no row, features has nothing but id and time, and as long
-- as there still is none, superseded_at is infinity. Goes with its snapshot.
create table if not exists ops.superseded_features (
    asset text not null,
    entity_id text not null,
    snapshot_date date not null,
    known_at timestamptz not null,
    superseded_at timestamptz not null default now(),
    features jsonb not null,
    primary key (asset, snapshot_date, entity_id, known_at)
);
create index if not exists superseded_features_of_an_entity on ops.superseded_features (entity_id);

-- The last day of the data, none later than $1. The registry of experiments says what is planned; what else is marked has
-- happened.
create or replace function ops.last_data_day(date) returns date language sql stable as $$
    select max(day) from ops.dirty_days where source <> 'experiments' and source not like '%/%' and day <= $1
$$;

-- The days as of which there are snapshots, from the first day of these sources on and none before $2: the last $3 days
-- of the data, which end at $4 at the latest, and the last day of each month before them.
create or replace function ops.retained_days(text[], date, integer, date) returns setof date language sql stable as $$
    select days.day::date
    from (select ops.last_data_day($4) as last_day offset 0) as data -- asked once, not for every day
    cross join lateral generate_series(
        greatest((select min(day) from ops.dirty_days where source = any ($1)), $2)::timestamp,
        data.last_day::timestamp,
        interval '1 day'
    ) as days (day)
    where days.day > data.last_day - $3 or extract(day from days.day + interval '1 day') = 1
$$;

-- The days of which a model has a snapshot, or is building one.
create or replace function ops.snapshot_days(text) returns setof date language sql stable as $$
    select snapshot_date from ops.feature_snapshots where asset = $1
$$;

-- One row is one state of the feature definitions that Feast's registry was given, by the hash of what they say.
create schema if not exists feast_registry; create schema if not exists feature_online;
create table if not exists ops.feature_definitions (
    definitions text primary key, applied_at timestamptz not null default clock_timestamp()
);

-- One row is one materialisation of one feature view: what it holds online since, and what was changed. `seen` says what its
-- table was made of, so that a view is due when that is another. `told_at` is when Feast's registry was told.
create table if not exists ops.feature_materialisations (
    materialisation_id bigint primary key generated always as identity,
    view text not null,
    rows bigint not null,
    first_event timestamptz, last_event timestamptz,
    written bigint not null,
    retracted bigint not null,
    seen text not null,
    run_id text,
    materialised_at timestamptz not null default clock_timestamp(),
    told_at timestamptz
);
create index if not exists feature_materialisations_of_a_view on ops.feature_materialisations (view, materialisation_id);
