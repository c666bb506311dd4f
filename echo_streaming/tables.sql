-- The tables that the consumer of the event stream keeps; run twice, this changes nothing.
-- What a row is stands above each table. Moments are timestamptz; "offset" is a position in a partition of a log. By its
-- _row_id a row is found again behind a figure.
create schema if not exists streaming;

-- One row is one event, once, however often it was delivered: who sends it again is told by its id.
create table if not exists streaming.user_events (
    event_id text collate "C" primary key,
    event_type text not null,
    event_at timestamptz not null,
    user_id text not null,
    payload jsonb not null,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    ingested_at timestamptz not null,
    is_late boolean not null,
    _row_id bigint not null generated always as identity
);
create index if not exists user_events_by_time on streaming.user_events using brin (event_at) with (pages_per_range = 32);
create index if not exists signups_by_user on streaming.user_events (user_id, event_at) where event_type = 'signup';

-- One row is one transaction as its latest event has it (by event_at, then event_id); first_at is its earliest event.
-- was_*: the row before its last change, null for one that was never changed; so a change tells what to take back.
create table if not exists streaming.transactions (
    transaction_id text collate "C" primary key,
    first_at timestamptz not null,
    event_at timestamptz not null,
    event_id text collate "C" not null,
    amount numeric(18, 2) not null,
    currency text not null,
    is_counted boolean not null,
    was_first_at timestamptz,
    was_amount numeric(18, 2),
    was_currency text,
    was_counted boolean
);

-- One row is one minute of first_at and one currency, over streaming.transactions; revenue and orders are what counts.
create table if not exists streaming.revenue_by_minute (
    minute timestamptz not null,
    currency text not null,
    revenue numeric not null,
    orders bigint not null,
    transactions bigint not null,
    primary key (minute, currency)
);

-- One row is the events (not the people) of one type in one minute of event_at; the channel of whoever has one.
create table if not exists streaming.funnel_by_minute (
    minute timestamptz not null,
    event_type text not null,
    channel text not null,
    events bigint not null,
    primary key (minute, event_type, channel)
);

-- One row is one unit in one arm of one experiment: how often it was exposed, and when first and last; was_first_at is
-- first_at before the last change.
create table if not exists streaming.experiment_exposures (
    user_id text collate "C" not null,
    experiment_id text collate "C" not null,
    variant text collate "C" not null,
    exposures bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    was_first_at timestamptz,
    _row_id bigint not null generated always as identity,
    primary key (user_id, experiment_id, variant)
) with (fillfactor = 80);

-- One row is the users of one flush who saw an arm for the first time, and that wait to be published.
create table if not exists streaming.exposure_outbox (
    exposure_outbox_id bigint primary key generated always as identity,
    user_ids text[] not null,
    queued_at timestamptz not null default clock_timestamp()
);

-- One row is one record that is no event, as it was, with the reason; announced_at is when the topic of dead letters got
-- it. A log that is read anew adds no second row.
create table if not exists streaming.dead_letters (
    dead_letter_id bigint primary key generated always as identity,
    topic text not null,
    partition integer not null,
    "offset" bigint not null,
    log_id text not null,
    key bytea,
    value bytea,
    headers jsonb,
    reason text not null,
    error text not null,
    status text not null default 'open' check (status in ('open', 'replayed')),
    received_at timestamptz not null default clock_timestamp(),
    announced_at timestamptz,
    replayed_at timestamptz,
    fingerprint text not null generated always as (md5(coalesce(value, ''::bytea))) stored,
    unique (topic, partition, "offset", log_id, fingerprint)
);
create index if not exists dead_letters_open on streaming.dead_letters (reason) where status = 'open';
create index if not exists dead_letters_to_announce on streaming.dead_letters (dead_letter_id) where announced_at is null;

-- One row is one partition of a topic: what the log is, the next offset to be read, and who may move it. A claim raises
-- the generation, so whoever claimed before can no longer commit. skipped: offsets that the broker had deleted unread.
create table if not exists streaming.offsets (
    consumer_group text not null,
    topic text not null,
    partition integer not null,
    log_id text not null,
    next_offset bigint not null,
    generation bigint not null,
    owner text not null,
    claimed_at timestamptz not null default clock_timestamp(),
    updated_at timestamptz not null default clock_timestamp(),
    restarts bigint not null default 0,
    skipped bigint not null default 0,
    primary key (consumer_group, topic, partition)
);

-- One row is one partition as its consumer last saw it. heartbeat_at is the consumer's pulse, broker_seen_at the last sign
-- of the broker; high_watermark is the end of the log, position how far it is read. stopped_at: it ended in good order.
create table if not exists streaming.consumer_state (
    consumer_group text not null,
    topic text not null,
    partition integer not null,
    consumer_id text not null,
    mode text not null,
    host text not null,
    pid integer not null,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    broker_seen_at timestamptz,
    high_watermark bigint,
    position bigint,
    stopped_at timestamptz,
    primary key (consumer_group, topic, partition)
);
