"""The status of every rejected row over all loads: open, fixed or waived, kept in `ops.quarantine_rows`.

A rejected row is known by its source and its raw text (the hash of column names and texts, so neither the order of
columns nor quotes count). Two equal rejected lines are one. The ledger holds rules and columns, never a value.
Called within the transaction that changes the quarantine tables, so that the two never differ.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection, sql

from echo_quality.contract import Contract

GONE = "taken away"
"""How a row was fixed whose refused file was taken out of the landing folder; else `file` or `contract`."""


def record(connection: Connection[Any], source: str, load_id: int) -> None:
    """Enter the rejected rows of a load: new ones as open, fixed ones as open again; a waiver stays."""
    connection.execute(_of(source, _RECORD), {"source": source, "first": load_id << 32, "load_id": load_id})


def settle(connection: Connection[Any], source: str, load_id: int, how: str | None = None) -> None:
    """Close what is in quarantine no more, as fixed by this load: another version of the file, or another contract.

    While a file stands that cannot be read at all, what was wrong in its earlier version stays open.
    """
    connection.execute(_of(source, _SETTLE), {"source": source, "load_id": load_id, "how": how})


def adopt(connection: Connection[Any], contract: Contract) -> None:
    """Enter what was rejected before there was a ledger; does nothing once the source has entries."""
    source = contract.source
    known = connection.execute("select exists (select 1 from ops.quarantine_rows where source = %s)", [source])
    if known.fetchone() == (False,):
        connection.execute(_of(source, _ADOPT), {"source": source})


def _of(source: str, statement: str) -> sql.Composed:
    return sql.SQL(statement).format(quarantine=sql.Identifier("quarantine", source))


_RULES = """(array_agg((
    select jsonb_agg(jsonb_build_object('column', broken.value -> 'column', 'rule', broken.value -> 'rule'))
    from jsonb_array_elements(reasons) as broken
)))[1]"""

_RECORD = f"""
insert into ops.quarantine_rows (source, fingerprint, rules, first_seen_at, first_load_id, last_seen_at, last_load_id)
select %(source)s, _fingerprint, {_RULES}, now(), %(load_id)s, now(), %(load_id)s
from {{quarantine}} where _row_id between %(first)s and %(first)s + 4294967295 group by _fingerprint
on conflict (source, fingerprint) do update set
    rules = excluded.rules, last_seen_at = excluded.last_seen_at, last_load_id = excluded.last_load_id,
    status = case when quarantine_rows.status = 'fixed' then 'open' else quarantine_rows.status end,
    fixed_at = null, fixed_by_load_id = null, fixed_how = null
"""

_SETTLE = """
with gone as (
    select known.quarantine_id, last.sha256 from ops.quarantine_rows as known
    join ops.loads as last on last.load_id = known.last_load_id
    where known.source = %(source)s and known.status = 'open'
        and not exists (
            select 1 from {quarantine} as bad join ops.loads as loads on loads.load_id = bad._row_id >> 32
            where bad._fingerprint = known.fingerprint and loads.status in ('loaded', 'replaced', 'refused')
        )
        and not exists (
            select 1 from ops.loads as unreadable
            where (unreadable.source, unreadable.partition_key) = (last.source, last.partition_key)
                and unreadable.status = 'refused' and unreadable.rows_in_file = 0
        )
)
update ops.quarantine_rows as known set status = 'fixed', fixed_at = now(), fixed_by_load_id = %(load_id)s,
    fixed_how = coalesce(%(how)s, case when gone.sha256 = mine.sha256 then 'contract' else 'file' end)
from gone, ops.loads as mine where known.quarantine_id = gone.quarantine_id and mine.load_id = %(load_id)s
"""

_ADOPT = f"""
insert into ops.quarantine_rows (source, fingerprint, rules, first_seen_at, first_load_id, last_seen_at, last_load_id)
select %(source)s, _fingerprint, {_RULES}, min(loads.landed_at), min(loads.load_id), max(loads.landed_at),
    max(loads.load_id)
from {{quarantine}} as bad join ops.loads as loads on loads.load_id = bad._row_id >> 32
where loads.status in ('loaded', 'replaced', 'refused') group by _fingerprint
"""
