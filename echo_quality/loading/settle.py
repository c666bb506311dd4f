"""The set-wise statements of a publication: what leaves, is outlived, comes back, is dirty, is counted."""

from __future__ import annotations

import datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from echo_quality.contract import Contract, LogicalType
from echo_quality.loading import loads
from echo_quality.loading.dirty_days import mark_days
from echo_quality.loading.loads import Load
from echo_quality.loading.raw_rows import delete_rows
from echo_quality.loading.tally import Tally

_LARGE = 50_000
Days = set[datetime.date]


def older_loads(connection: Connection[Any], load: Load) -> list[Load]:
    """Loads of the same file that still stand: an accepted version, refused ones."""
    found = connection.execute(
        """select load_id from ops.loads where source = %s and partition_key = %s and load_id <> %s
           and status not in ('superseded', 'withdrawn')""",
        [load.source, load.partition_key, load.load_id],
    ).fetchall()
    return [loads.load_of(connection, load_id) for (load_id,) in found]


def withdraw_accepted(connection: Connection[Any], contract: Contract, timezone: str, older: list[Load]) -> Days:
    """Take the published rows of the file's earlier version out; their keys stay in temp table `freed`."""
    connection.execute(
        _format("create temp table freed on commit drop as select {key} from {staging} limit 0", contract)
    )
    days: Days = set()
    for load in older:
        if load.is_accepted:
            taken = _format(
                """with taken as (delete from {staging} where _row_id between %(first)s and %(last)s returning *),
                   freed_now as (insert into freed select {key} from taken)
                   select distinct {day} from taken""",
                contract,
            )
            days |= {day for (day,) in connection.execute(taken, _range(load, timezone))}
            delete_rows(connection, sql.Identifier("staging", f"{contract.source}_shadow"), load.load_id)
    return days


def had_rows(connection: Connection[Any], contract: Contract) -> bool:
    """Whether other loads have published rows whose keys the new ones may meet."""
    found = connection.execute(
        _format("select exists (select 1 from {staging}) or exists (select 1 from {shadow})", contract)
    ).fetchone()
    return bool(found and found[0])


def settle_keys(
    connection: Connection[Any], contract: Contract, load: Load, tally: Tally, timezone: str, *, meets_others: bool
) -> Days:
    """One current row a key: a repeated row and an outlived one move to the shadow table, freed keys get theirs back.

    Returns the days of rows of other loads that changed.
    """
    if not meets_others:
        return set()
    if tally.good > _LARGE:
        connection.execute(_format("analyze {staging}", contract))
    parameters = _range(load, timezone)
    connection.execute(_format(_MEETINGS, contract), parameters)
    repeated = connection.execute(_format(_MOVE_REPEATED, contract), parameters).fetchone() or (0, 0)
    tally.repeat(*repeated)
    days = {day for (day,) in connection.execute(_format(_MOVE_OUTLIVED, contract), parameters)}
    return days | {day for (day,) in connection.execute(_format(_REVIVE, contract), parameters)}


def mark_dirty(connection: Connection[Any], contract: Contract, load: Load, days: Days) -> None:
    """Tell the planner which business days of the source changed."""
    mark_days(connection, contract.source, days, load.load_id)


def close_accepted(
    connection: Connection[Any], contract: Contract, load: Load, tally: Tally, older: list[Load]
) -> None:
    """Finish the ledger row of a published load; what stood before it for this file stands no more."""
    status = "replaced" if any(earlier.is_accepted for earlier in older) else "loaded"
    _count(connection, contract, load, tally, status, None)
    for earlier in older:
        _supersede(connection, contract, earlier)


def close_refused(
    connection: Connection[Any], contract: Contract, load: Load, tally: Tally, older: list[Load], reason: str
) -> None:
    """Finish the ledger row of a refused load: its good rows are withheld, an accepted earlier version stays."""
    _count(connection, contract, load, tally, "refused", reason)
    for earlier in older:
        if not earlier.is_accepted:
            _supersede(connection, contract, earlier)


def _count(
    connection: Connection[Any], contract: Contract, load: Load, tally: Tally, status: str, reason: str | None
) -> None:
    accepted = status != "refused"
    money = (tally.money_good, tally.money_bad, tally.money_duplicates) if contract.conserved else (None, None, None)
    connection.execute(
        """update ops.loads set status = %(status)s, reason = %(reason)s, loaded_at = clock_timestamp(),
           staged = %(staged)s, withheld = %(withheld)s, quarantined = %(bad)s, duplicates = %(duplicates)s,
           money_staged = case when %(accepted)s then %(money)s else 0 end,
           money_withheld = case when %(accepted)s then 0 else %(money)s end,
           money_quarantined = %(money_bad)s, money_duplicates = %(money_duplicates)s,
           notes = notes || %(notes)s
           where load_id = %(load_id)s""",
        {
            "status": status, "reason": reason, "accepted": accepted, "load_id": load.load_id,
            "staged": tally.good if accepted else 0, "withheld": 0 if accepted else tally.good,
            "bad": tally.bad, "duplicates": tally.duplicates,
            "notes": Jsonb(tally.notes),
            "money": money[0], "money_bad": money[1], "money_duplicates": money[2],
        },
    )  # fmt: skip


def _supersede(connection: Connection[Any], contract: Contract, load: Load) -> None:
    connection.execute("update ops.loads set status = 'superseded' where load_id = %s", [load.load_id])
    for schema in ("raw", "quarantine"):
        delete_rows(connection, sql.Identifier(schema, contract.source), load.load_id)


def day_of(contract: Contract) -> sql.Composed:
    """The business day of a staged row; the statement's parameter `timezone` is the zone of the business day."""
    event = contract.column(contract.event_column)
    day = "{}" if event.logical_type is LogicalType.DATE else "({} at time zone %(timezone)s)::date"
    return sql.SQL(day).format(sql.Identifier(event.name))


def _range(load: Load, timezone: str) -> dict[str, Any]:
    return {"first": load.first_row_id, "last": load.first_row_id + 4294967295, "timezone": timezone}


def _format(statement: str, contract: Contract) -> sql.Composed:
    """Fill in the contract's tables, columns and key."""
    key, columns = list(contract.key), list(contract.names)
    rest = [column for column in columns if column not in key] or key
    return sql.SQL(statement).format(
        staging=sql.Identifier("staging", contract.source),
        shadow=sql.Identifier("staging", f"{contract.source}_shadow"),
        raw=sql.Identifier("raw", contract.source),
        columns=_names(columns),
        key=_names(key),
        rest_of_mine=_names(rest, "mine"),
        rest_of_theirs=_names(rest, "theirs"),
        day=day_of(contract),
        money=sql.Identifier(contract.conserved) if contract.conserved else sql.SQL("0"),
    )


def _names(columns: list[str], table: str | None = None) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(*([table] if table else []), column) for column in columns)


_MEETINGS = """
create temp table meetings on commit drop as
select mine._row_id as my_row, theirs._row_id as their_row,
    (({rest_of_mine}) is not distinct from ({rest_of_theirs})) as is_repeat
from {staging} as mine join {staging} as theirs using ({key})
where mine._row_id between %(first)s and %(last)s and theirs._row_id not between %(first)s and %(last)s
"""

_MOVE_REPEATED = """
with gone as (
    delete from {staging} as mine using meetings
    where meetings.is_repeat and mine._row_id = meetings.my_row
        and mine._row_id between %(first)s and %(last)s returning mine.*
), kept as (
    insert into {shadow} ({columns}, _row_id, _reason) select {columns}, _row_id, 'repeated' from gone
)
select count(*), coalesce(sum({money}), 0) from gone
"""

_MOVE_OUTLIVED = """
with gone as (
    delete from {staging} as theirs using meetings
    where not meetings.is_repeat and theirs._row_id = meetings.their_row returning theirs.*
), kept as (
    insert into {shadow} ({columns}, _row_id, _reason) select {columns}, _row_id, 'outlived' from gone
)
select distinct {day} from gone
"""

_REVIVE = """
with vacant as (
    select distinct {key} from freed except select {key} from {staging}
), latest as (
    select distinct on ({key}) * from {shadow} join vacant using ({key}) order by {key}, _row_id desc
), taken as (
    delete from {shadow} as shadow using latest where shadow._row_id = latest._row_id returning shadow.*
), revived as (
    insert into {staging} ({columns}, _row_id) select {columns}, _row_id from taken
)
select distinct {day} from taken
"""
