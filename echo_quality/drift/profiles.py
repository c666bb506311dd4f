"""Each accepted load in figures, kept in `ops.load_profiles`: taken of its copy in the lake when a check first asks.

Loading does not wait for it. Only figures are kept, and of personal data no more than how often a column is empty.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.drift.statistics import NORMAL
from echo_quality.generate.sql_text import literal, name
from echo_quality.generate.typing_sql import event_day
from echo_quality.loading.loads import ACCEPTED

if TYPE_CHECKING:
    import duckdb

_NUMBERS = (LogicalType.NUMBER, LogicalType.INTEGER)
_MISSING = """
select load_id from (
    select load_id from ops.loads where source = %s and status = any (%s) order by load_id desc limit %s
) as newest left join ops.load_profiles using (load_id)
where profile is null order by load_id
"""
_NEWEST = """
select load_id, file, rows_in_file, (loaded_at at time zone %(timezone)s)::date as arrived, batch, profile
from ops.load_profiles join ops.loads as loads using (load_id)
where loads.source = %(source)s and status = any (%(accepted)s) order by load_id desc limit %(limit)s
"""
_INSERT = """
insert into ops.load_profiles (load_id, source, batch, profile) values (%s, %s, %s, %s) on conflict do nothing
"""


@dataclass(frozen=True)
class Profile:
    """One load in figures. `figures` has nulls, shares and numbers by column, and days: how many rows each has."""

    load_id: int
    file: str
    rows_in_file: int
    arrived: date
    batch: int
    figures: dict[str, Any]

    def of(self, kind: str) -> dict[str, Any]:
        """The figures of one kind; {} where the load has no copy in the lake to take them of."""
        return dict(self.figures.get(kind, {}))

    @property
    def rows(self) -> int:
        """How many good rows the figures are taken of."""
        return int(self.figures.get("rows", 0))


def add_missing_profiles(
    connection: Connection[Any], contract: Contract, lake: Path, timezone: str, limit: int
) -> None:  # fmt: skip
    """Profile those of the newest accepted loads that have no profile yet; they become one batch."""
    asked = [contract.source, list(ACCEPTED), limit]
    missing = [load for (load,) in connection.execute(_MISSING, asked).fetchall()]
    if not missing:
        return
    import duckdb

    with duckdb.connect() as engine, connection.transaction(), connection.cursor() as cursor:
        engine.execute("set TimeZone = 'UTC'; set threads = 1")
        engine.execute(f"set variable business_timezone = {literal(timezone)}")
        copies = [(load, lake / "staging" / contract.source / f"{load}.parquet") for load in missing]
        rows = [
            [load, contract.source, missing[-1], Jsonb(figures_of(engine, contract, path) if path.is_file() else {})]
            for load, path in copies
        ]
        cursor.executemany(_INSERT, rows)


def newest_profiles(connection: Connection[Any], contract: Contract, timezone: str, limit: int) -> list[Profile]:
    """The profiles of the newest loads that stand, oldest first."""
    rows = connection.execute(
        _NEWEST, {"source": contract.source, "timezone": timezone, "accepted": list(ACCEPTED), "limit": limit}
    ).fetchall()
    return [Profile(*row) for row in reversed(rows)]


def figures_of(engine: duckdb.DuckDBPyConnection, contract: Contract, path: Path) -> dict[str, Any]:
    """The figures of one Parquet copy, in one pass."""
    asked = _asked(contract)
    selected = ", ".join(expression for _, _, expression in asked)
    row = engine.execute(f"select count(*), {selected} from read_parquet({literal(str(path))})").fetchone()
    rows, *values = row or (0,)
    found: dict[str, Any] = {"rows": rows, "nulls": {}, "shares": {}, "numbers": {}, "days": {}}
    for (kind, column, _), value in zip(asked, values, strict=True):
        if kind == "nulls":
            found[kind][column] = 1 - value / rows if rows else 0.0
        elif kind == "shares":
            counted = {key: count / rows for key, count in (value or {}).items()}
            found[kind][column] = {
                accepted: counted.get(accepted, 0.0) for accepted in contract.column(column).accepted
            }
        elif kind == "days":
            found[kind] = {day.isoformat(): count for day, count in (value or {}).items()}
        elif value and value["middle"] is not None:
            found[kind][column] = _number(value)
    return found


def _number(value: dict[str, Any]) -> dict[str, Any]:
    spread = NORMAL * (value["mad"] or 0.0)
    return {"median": value["middle"], "spread": spread if math.isfinite(spread) else 0.0, "rows": value["rows"]}


def _asked(contract: Contract) -> list[tuple[str, str, str]]:
    """Kind, column and expression of every figure."""
    plain = [column for column in contract.columns if not column.personal]
    return [
        *(("nulls", column.name, f"count({name(column.name)})") for column in contract.columns),
        *(("shares", column.name, f"histogram({name(column.name)})") for column in categories(plain)),
        *(("numbers", column.name, _middle(name(column.name))) for column in numbers(plain)),
        ("days", contract.event_column, f"histogram({event_day(contract)})"),
    ]


def _middle(column: str) -> str:
    value = f"{column}::double"
    return f"{{'middle': median({value}), 'mad': mad({value}), 'rows': count({column})}}"


def categories(columns: Iterable[Column]) -> list[Column]:
    """Columns whose values are listed in the contract, so that their shares are few and mean something."""
    return [column for column in columns if len(column.accepted) > 1 and not column.personal]


def numbers(columns: Iterable[Column]) -> list[Column]:
    """Columns that have a middle."""
    return [column for column in columns if column.logical_type in _NUMBERS and not column.personal]
