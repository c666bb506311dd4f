"""Taking a person out of the stream's tables: the id becomes a token, personal and unknown fields go, sums stay.

The topic itself is the broker's: what it still holds goes with its retention, and is known by its ids when read anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import Connection

from echo_streaming.events.schemas import fields_of
from echo_streaming.events.types import TAGS

_IDENTITY = {"transaction": "customer_id", "signup": "customer_id", "experiment_exposure": "user_id"}


@dataclass(frozen=True)
class Erased:
    """How many rows that concerned, and the business days of each kind of event that are to be built again."""

    rows: int
    days: dict[str, list[date]]


def erase_person(connection: Connection[Any], person: str, token: str, timezone: str) -> Erased:
    """Take a person out, within the caller's transaction; once more changes nothing."""
    values = {"person": person, "token": token, "timezone": timezone}
    rows, days = 0, {}
    for kind in TAGS:
        known = [name for name, field in fields_of(kind).items() if not field.get("x-personal")]
        of_kind = {**values, "kind": kind, "known": known, "identity": _IDENTITY[kind]}
        changed = [day for (day,) in connection.execute(_EVENTS[kind == "transaction"], of_kind)]
        rows += len(changed)
        days[kind] = sorted(set(changed))
    rows += connection.execute(_EXPOSURES, values).rowcount
    rows += connection.execute(_OUTBOX, values).rowcount
    rows += connection.execute(_DEAD_LETTERS, values).rowcount
    return Erased(rows, {kind: found for kind, found in days.items() if found})


_REDACT = """
with redacted as (
    update streaming.user_events set
        user_id = %(token)s,
        payload = jsonb_build_object(%(identity)s::text, %(token)s::text) || coalesce((
            select jsonb_object_agg(each.key, each.value) from jsonb_each(payload) as each
            where each.key = any (%(known)s) and each.key <> %(identity)s
        ), '{}')
    where event_type = %(kind)s and user_id = %(person)s
    returning event_at, payload
)
"""
_EVENTS = {
    False: _REDACT + "select (event_at at time zone %(timezone)s)::date from redacted",
    True: _REDACT
    + """
    select (coalesce(sale.first_at, redacted.event_at) at time zone %(timezone)s)::date
    from redacted
    left join streaming.transactions as sale on sale.transaction_id = redacted.payload ->> 'transaction_id'
    """,
}
"""A sale belongs to the day of its earliest event, any other event to its own."""
_EXPOSURES = """
with gone as (
    delete from streaming.experiment_exposures where user_id = %(person)s returning *
)
insert into streaming.experiment_exposures as e (user_id, experiment_id, variant, exposures, first_at, last_at)
select %(token)s, experiment_id, variant, exposures, first_at, last_at from gone
on conflict (user_id, experiment_id, variant) do update set
    exposures = e.exposures + excluded.exposures, first_at = least(e.first_at, excluded.first_at),
    last_at = greatest(e.last_at, excluded.last_at)
"""
_OUTBOX = """
update streaming.exposure_outbox set user_ids = array_remove(user_ids, %(person)s)
where %(person)s = any (user_ids)
"""
_DEAD_LETTERS = """
update streaming.dead_letters set key = null, value = null, headers = null, error = 'erased'
where key = convert_to(%(person)s, 'UTF8') or position(convert_to(%(person)s, 'UTF8') in value) > 0
    or strpos(headers::text, %(person)s) > 0 or strpos(error, %(person)s) > 0
"""
