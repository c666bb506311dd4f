"""What must hold of the tables of a source at any time, whatever was loaded: the post-conditions of loading.

Each invariant is a question to the database with a verdict and the offenders; none of them changes anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection, sql

from echo_quality.contract import Contract


@dataclass(frozen=True)
class Invariant:
    """A named condition on one source; `blocking` stops what is built from the source."""

    name: str
    description: str
    blocking: bool
    offenders: Callable[[Connection[Any], Contract], list[dict[str, Any]]]


def _rows(connection: Connection[Any], contract: Contract, query: LiteralString) -> list[dict[str, Any]]:
    statement = sql.SQL(query).format(
        source=sql.Literal(contract.source),
        staging=sql.Identifier("staging", contract.source),
        shadow=sql.Identifier("staging", f"{contract.source}_shadow"),
        quarantine=sql.Identifier("quarantine", contract.source),
        raw=sql.Identifier("raw", contract.source),
        key=sql.SQL(", ").join(map(sql.Identifier, contract.key)),
        money=sql.Identifier(contract.conserved) if contract.conserved else sql.SQL("0"),
    )
    cursor = connection.execute(statement)
    names = [column.name for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _unbalanced(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _UNBALANCED)


def _money_unbalanced(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _MONEY_UNBALANCED) if contract.conserved else []


def _repeated_keys(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _REPEATED_KEYS)


def _open_refusals(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _OPEN_REFUSALS)


def _not_landed(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _NOT_LANDED)


def _without_reason(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    return _rows(connection, contract, _WITHOUT_REASON)


INVARIANTS = (
    Invariant(
        "rows_are_conserved",
        "Load by load, rows in file = staged + withheld + quarantined + duplicates, and the tables hold exactly these.",
        True,
        _unbalanced,
    ),
    Invariant(
        "money_is_conserved",
        "Load by load, what the file is worth = what is staged + withheld + quarantined + duplicate, to the cent.",
        True,
        _money_unbalanced,
    ),
    Invariant("keys_are_unique", "Each key has one current row.", True, _repeated_keys),
    Invariant(
        "no_refused_load_open",
        "No file stands refused: each was mended and loaded, or taken away.",
        False,
        _open_refusals,
    ),
)
"""What must hold of `staging.<source>`."""

RAW_INVARIANTS = (
    Invariant("rows_have_landed", "The rows of every file that stands are here, all of them.", False, _not_landed),
)
"""What must hold of `raw.<source>`."""

QUARANTINE_INVARIANTS = (
    Invariant(
        "rejections_have_reasons",
        "Each rejected row names the rules that it broke, and belongs to a known load.",
        False,
        _without_reason,
    ),
)
"""What must hold of `quarantine.<source>`."""

_COUNTED = """
with loaded as (
    select * from ops.loads where source = {source} and status in ('loaded', 'replaced')
), there as (
    select load_id, sum(rows)::bigint as rows, sum(money) as money from (
        select _row_id >> 32 as load_id, count(*) as rows, sum({money}) as money from {staging} group by 1
        union all
        select _row_id >> 32, count(*), sum({money}) from {shadow} group by 1
    ) as parts group by load_id
), set_aside as (
    select _row_id >> 32 as load_id, count(*) as rows from {quarantine} group by 1
)
"""

_UNBALANCED = (
    _COUNTED
    + """
select loads.load_id, loads.file, rows_in_file, staged, withheld, quarantined, loads.duplicates,
    there.rows as rows_in_tables, set_aside.rows as rows_in_quarantine
from ops.loads as loads
left join there using (load_id)
left join set_aside using (load_id)
where source = {source} and status in ('loaded', 'replaced', 'refused')
    and (
        rows_in_file is distinct from staged + withheld + quarantined + duplicates
        or coalesce(set_aside.rows, 0) is distinct from quarantined
        or coalesce(there.rows, 0) is distinct from staged + coalesce((notes ->> 'repeated')::bigint, 0)
    )
union all
select there.load_id, 'rows without an accepted load', null, null, null, null, null, there.rows, null
from there left join loaded using (load_id) where loaded.load_id is null
union all
select set_aside.load_id, 'rejected rows without a load that stands', null, null, null, null, null, null, set_aside.rows
from set_aside left join ops.loads as loads using (load_id)
where loads.load_id is null or loads.status in ('landed', 'superseded')
"""
)

_MONEY_UNBALANCED = (
    _COUNTED
    + """
select load_id, file, money_in_file, money_staged, money_withheld, money_quarantined, money_duplicates,
    there.money as money_in_tables
from ops.loads left join there using (load_id)
where source = {source} and status in ('loaded', 'replaced', 'refused')
    and (
        money_in_file is distinct from money_staged + money_withheld + money_quarantined + money_duplicates
        or coalesce(there.money, 0) <> coalesce(money_staged, 0) + coalesce((notes ->> 'money_repeated')::numeric, 0)
    )
"""
)

_REPEATED_KEYS = "select {key}, count(*) as rows from {staging} group by {key} having count(*) > 1 limit 20"

_NOT_LANDED = """
with there as (
    select _row_id >> 32 as load_id, count(*) as rows from {raw} group by 1
)
select load_id, file, status, rows_in_file, coalesce(there.rows, 0) as rows_in_raw
from ops.loads left join there using (load_id)
where source = {source} and status in ('landed', 'loaded', 'replaced', 'refused')
    and rows_in_file <> coalesce(there.rows, 0)
order by load_id
"""

_WITHOUT_REASON = """
select bad._row_id >> 32 as load_id, loads.file, bad._row_number, bad.reasons
from {quarantine} as bad left join ops.loads as loads on loads.load_id = bad._row_id >> 32
where loads.load_id is null or bad.reasons = '[]' or bad.reasons @? '$[*] ? (!exists(@.rule) || @.rule == null)'
order by bad._row_id limit 20
"""

_OPEN_REFUSALS = """
select load_id, file, reason, loaded_at from ops.loads where source = {source} and status = 'refused' order by load_id
"""
