"""The statements of a flush, which all of them are about its new events alone.

Many values come as one text, separated by a character that none of them can hold: far cheaper than an array of
parameters. Rows that several consumers may meet in are written in the order of their keys.
"""

from __future__ import annotations

UNIT = "\x1f"
"""Separates identifiers, which hold no control character."""

KNOWN = """
select
    clock_timestamp(),
    array(select event_id from streaming.user_events where event_id = any (string_to_array(%s, ' ')))
"""
"""The moment of the flush, and which of its events are there already."""
COPY = """
copy streaming.user_events (
    event_id, event_type, event_at, user_id, payload, partition, "offset", topic, ingested_at, is_late
) from stdin
"""

KNOWN_TRANSACTIONS = """
select transaction_id from streaming.transactions where transaction_id = any (string_to_array(%s, e'\\x1f'))
"""
COPY_TRANSACTIONS = """
copy streaming.transactions (transaction_id, first_at, event_at, event_id, amount, currency, is_counted) from stdin
"""
REVENUE = """
insert into streaming.revenue_by_minute as r (minute, currency, revenue, orders, transactions)
select minute, currency, cents * 0.01, orders, transactions
from unnest(%s::timestamptz[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
    as n (minute, currency, cents, orders, transactions)
order by minute, currency
on conflict (minute, currency) do update set
    revenue = r.revenue + excluded.revenue, orders = r.orders + excluded.orders,
    transactions = r.transactions + excluded.transactions
"""
KNOWN_EXPOSURES = """
select n.position
from unnest(
    string_to_array(%(users)s, e'\\x1f'), string_to_array(%(experiments)s, e'\\x1f'),
    string_to_array(%(variants)s, e'\\x1f')
) with ordinality as n (user_id, experiment_id, variant, position)
inner join streaming.experiment_exposures as e
    on e.user_id = n.user_id collate "C" and e.experiment_id = n.experiment_id collate "C"
    and e.variant = n.variant collate "C"
"""
COPY_EXPOSURES = """
copy streaming.experiment_exposures (user_id, experiment_id, variant, exposures, first_at, last_at) from stdin
"""
QUEUE_EXPOSED = "insert into streaming.exposure_outbox (user_ids) values (string_to_array(%s, e'\\x1f'))"

_LATER = "(excluded.event_at, excluded.event_id) > (t.event_at, t.event_id)"
TRANSACTIONS = f"""
with settled as (
    insert into streaming.transactions as t (
        transaction_id, first_at, event_at, event_id, amount, currency, is_counted
    )
    select * from unnest(
        string_to_array(%(ids)s, e'\\x1f'), string_to_array(%(firsts)s, ' ')::timestamptz[],
        string_to_array(%(times)s, ' ')::timestamptz[], string_to_array(%(events)s, ' '),
        string_to_array(%(amounts)s, ' ')::numeric[], string_to_array(%(currencies)s, ' '),
        string_to_array(%(counted)s, ' ')::boolean[]
    ) as n (transaction_id, first_at, event_at, event_id, amount, currency, is_counted)
    order by n.transaction_id collate "C"
    on conflict (transaction_id) do update set
        first_at = least(t.first_at, excluded.first_at),
        event_at = case when {_LATER} then excluded.event_at else t.event_at end,
        event_id = case when {_LATER} then excluded.event_id else t.event_id end,
        amount = case when {_LATER} then excluded.amount else t.amount end,
        currency = case when {_LATER} then excluded.currency else t.currency end,
        is_counted = case when {_LATER} then excluded.is_counted else t.is_counted end,
        was_first_at = t.first_at, was_amount = t.amount, was_currency = t.currency, was_counted = t.is_counted
    where {_LATER} or excluded.first_at < t.first_at
    returning first_at, amount, currency, is_counted, was_first_at, was_amount, was_currency, was_counted
), deltas as (
    select first_at, amount, currency, is_counted, 1 as sign from settled
    union all
    select was_first_at, was_amount, was_currency, was_counted, -1 from settled where was_first_at is not null
), added as (
    insert into streaming.revenue_by_minute as r (minute, currency, revenue, orders, transactions)
    select
        date_trunc('minute', first_at), currency,
        coalesce(sum(sign * amount) filter (where is_counted), 0),
        coalesce(sum(sign) filter (where is_counted), 0), sum(sign)
    from deltas group by 1, 2 order by 1, 2
    on conflict (minute, currency) do update set
        revenue = r.revenue + excluded.revenue, orders = r.orders + excluded.orders,
        transactions = r.transactions + excluded.transactions
)
select array_agg(distinct (first_at at time zone %(timezone)s)::date) from deltas
"""
"""The business days of transactions that are new, changed or moved: those they left, and those they are on now."""

EXPOSURES = """
with added as (
    insert into streaming.experiment_exposures as e (user_id, experiment_id, variant, exposures, first_at, last_at)
    select * from unnest(
        string_to_array(%(users)s, e'\\x1f'), string_to_array(%(experiments)s, e'\\x1f'),
        string_to_array(%(variants)s, e'\\x1f'), string_to_array(%(counts)s, ' ')::bigint[],
        string_to_array(%(firsts)s, ' ')::timestamptz[], string_to_array(%(lasts)s, ' ')::timestamptz[]
    ) as n (user_id, experiment_id, variant, exposures, first_at, last_at)
    order by n.user_id collate "C", n.experiment_id collate "C", n.variant collate "C"
    on conflict (user_id, experiment_id, variant) do update set
        exposures = e.exposures + excluded.exposures, first_at = least(e.first_at, excluded.first_at),
        last_at = greatest(e.last_at, excluded.last_at), was_first_at = e.first_at
    returning user_id, first_at, was_first_at
), changed as (
    select * from added where first_at is distinct from was_first_at
), queued as (
    insert into streaming.exposure_outbox (user_ids)
    select array_agg(distinct user_id) from changed having count(*) > 0
)
select array_agg(distinct (moment at time zone %(timezone)s)::date)
from (
    select first_at from changed
    union all
    select was_first_at from changed where was_first_at is not null
) as touched (moment)
"""
"""The business days on which a unit is first exposed now and was not before, and the other way round. Whoever was in an
arm before, and is exposed to it once more, waits for nobody: what there is to tell is how many arms a unit has seen."""

FUNNEL = """
insert into streaming.funnel_by_minute as f (minute, event_type, channel, events)
select * from unnest(%(minutes)s::timestamptz[], %(kinds)s::text[], %(channels)s::text[], %(counts)s::bigint[])
    as n (minute, event_type, channel, events)
order by 1, 2, 3
on conflict (minute, event_type, channel) do update set events = f.events + excluded.events
"""

DEAD_LETTERS = """
insert into streaming.dead_letters (topic, partition, "offset", log_id, key, value, headers, reason, error)
values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
on conflict (topic, partition, "offset", log_id, fingerprint) do nothing
"""
