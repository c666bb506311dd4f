"""The metrics catalogue as the API asks it: what there is, and in which row of which model a value is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import Any, cast
from zoneinfo import ZoneInfo

from psycopg import sql

from echo_ml.serving.database import Database
from echo_ml.serving.documents.readings import Period
from echo_ml.serving.problems import BadField, Unknown
from echo_ml.serving.verdicts import Column

ALL, DAILY = "finance/headline_metrics", "finance/metrics_daily"

_CATALOGUE = """
select
    metric, definition, unit, grain, model, column_name, schema_name, key_columns, period, definition_version,
    exists (
        select from pg_attribute
        where attrelid = 'finance.headline_metrics'::regclass and attname = metric and not attisdropped
    ) and not exists (
        -- a headline that is about one month is no figure over all data
        select from pg_attribute
        where attrelid = 'finance.headline_metrics'::regclass and attname = metric || '_month' and not attisdropped
    ) as is_headline,
    exists (select from finance.metrics_daily as daily where daily.metric = metrics_catalog.metric) as is_daily
from finance.metrics_catalog
order by metric
"""


@dataclass(frozen=True)
class Entry:
    """One metric of the catalogue. `key_columns` is None where no row is a value of it."""

    metric: str
    definition: str
    unit: str
    grain: str
    model: str
    column_name: str
    schema_name: str
    key_columns: tuple[str, ...] | None
    period: Period | None
    definition_version: str
    is_headline: bool
    is_daily: bool

    @property
    def column(self) -> Column:
        """The column that defines it."""
        return f"{self.schema_name}/{self.model}", self.column_name

    @property
    def periods(self) -> list[Period]:
        """What it can be asked for; the first is what is meant where nothing is said."""
        found: list[Period] = ["all"] if self.is_headline else []
        found += [self.period] if self.period else []
        return found + (["day"] if self.is_daily and "day" not in found else [])


@dataclass(frozen=True)
class Place:
    """Where the value is: a relation, the column, what tells the row."""

    asset: str
    column: str
    period: Period | None
    key: tuple[tuple[str, str], ...]

    @property
    def source(self) -> str:
        """The column as `echoctl trace` takes it."""
        return f"{self.asset.replace('/', '.')}.{self.column}"


def entries(database: Database) -> list[Entry]:
    """Every metric, by name."""
    return [
        Entry(**{**row, "key_columns": None if row["key_columns"] is None else tuple(row["key_columns"])})
        for row in database.rows(_CATALOGUE)
    ]


def entry_named(database: Database, name: str) -> Entry:
    """One metric; Unknown with near names if there is none."""
    known = {entry.metric: entry for entry in entries(database)}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=3, cutoff=0.5)
    raise Unknown(
        f"there is no metric {name!r}" + (f": did you mean {', '.join(near)}?" if near else "; /metrics lists all")
    )


def place_of(
    database: Database, entry: Entry, period: Period | None, as_of: date | None, where: dict[str, str]
) -> Place:  # fmt: skip
    """The row that was asked for; BadField or Unknown if that names none, or several."""
    if entry.key_columns is None and not entry.periods:
        raise Unknown(f"{entry.metric} has a value only within an experiment: /experiments/<name>/readout")
    if period is not None and period not in entry.periods:
        raise BadField(("query", "period"), f"{entry.metric} has {_or_none(entry.periods)}, not {period}")
    chosen = period or _meant(entry, as_of, where)
    if chosen == "all" or (chosen == "day" and entry.period != "day"):
        if where:
            raise BadField(("query", "where"), f"{entry.metric} over {chosen} has no rows to choose from")
        return _whole(database, entry, chosen, as_of)
    return _row_of_model(database, entry, as_of, where)


def _meant(entry: Entry, as_of: date | None, where: dict[str, str]) -> Period | None:
    """The period where none was given: over all data, unless a day or a row was asked for."""
    if where and entry.key_columns:
        return entry.period
    periods: list[Period] = [each for each in entry.periods if as_of is None or each != "all"]
    if as_of is not None and not periods:
        raise BadField(("query", "as_of"), f"{entry.metric} is about no period")
    return periods[0] if periods else entry.period


def _whole(database: Database, entry: Entry, period: Period, as_of: date | None) -> Place:
    if period == "all":
        if as_of is not None:
            raise BadField(("query", "as_of"), "a value over all data is as of its last day: ask for another period")
        return Place(ALL, entry.metric, "all", ())
    statement = "select metric_date::text as day from finance.metrics_daily where metric = %s and " + (
        "metric_date = %s" if as_of else "true order by metric_date desc limit 1"
    )
    found = database.rows(statement, [entry.metric, *([as_of] if as_of else [])])
    if not found:
        raise Unknown(f"{entry.metric} has no value on {as_of}" if as_of else f"{entry.metric} has no value yet")
    return Place(DAILY, "value", "day", (("metric", entry.metric), ("metric_date", found[0]["day"])))


def _row_of_model(database: Database, entry: Entry, as_of: date | None, where: dict[str, str]) -> Place:
    columns = entry.key_columns or ()
    unknown = sorted(set(where) - set(columns))
    if unknown:
        raise BadField(
            ("query", "where"), f"{entry.metric} is not told apart by {', '.join(unknown)} but by {', '.join(columns)}"
        )
    given = dict(where)
    if entry.period and columns[0] not in given:
        given[columns[0]] = _period_start(database, entry, as_of)
    elif as_of is not None:
        raise BadField(("query", "as_of"), f"{entry.metric} is about no period, or `where` names one already")
    missing = [column for column in columns if column not in given]
    if missing:
        raise BadField(
            ("query", "where"),
            f"add {' and '.join(f'where={name}=...' for name in missing)}: {entry.metric} is of a {entry.grain}",
        )
    asset, column = entry.column
    return Place(asset, column, entry.period, tuple((name, given[name]) for name in columns))


def _period_start(database: Database, entry: Entry, as_of: date | None) -> str:
    """The first day of the period that holds the day, or of the newest one."""
    if as_of is not None:
        [row] = database.rows("select date_trunc(%s, %s::timestamp)::date::text as start", [entry.period, as_of])
        return str(row["start"])
    table, column = sql.Identifier(entry.schema_name, entry.model), sql.Identifier((entry.key_columns or ("",))[0])
    statement = sql.SQL("select max({})::text as start from {}").format(column, table)
    [row] = database.rows(statement.as_string(None))
    if row["start"] is None:
        raise Unknown(f"{entry.metric} has no value yet")
    return str(row["start"])


def value_at(database: Database, place: Place) -> float | None:
    """The value as the row has it; Unknown if there is no such row."""
    table = sql.Identifier(*place.asset.split("/"))
    chosen = [sql.SQL("{}::text = %s").format(sql.Identifier(name)) for name, _ in place.key]
    statement = sql.SQL("select {}::float8 as value from {} where {} limit 2").format(
        sql.Identifier(place.column), table, sql.SQL(" and ").join([*chosen, sql.SQL("true")])
    )
    found = database.rows(statement.as_string(None), [value for _, value in place.key])
    if not found:
        raise Unknown(
            f"{place.source} has no row where " + " and ".join(f"{name} is {value!r}" for name, value in place.key)
        )
    if len(found) > 1:
        raise BadField(("query", "where"), "several rows are so: name each of the metric's key columns")
    return cast("float | None", found[0]["value"])


_LAST_DAY = """
select max(day) as day from ops.dirty_days
where day <= %(today)s and source <> 'experiments' and case
    when %(sources)s::text[] = '{}' then source not like '%%/%%' else source = any (%(sources)s)
end
"""


def known_until(database: Database, place: Place, behind: Sequence[str], now: datetime, timezone: str) -> datetime:
    """End of the last day that the value knows of: of its period, or of the data it is made of if that is earlier."""
    zone = ZoneInfo(timezone)
    sources = [asset.removeprefix("staging/") for asset in behind if asset.startswith("staging/")]
    [row] = database.rows(_LAST_DAY, {"today": now.astimezone(zone).date(), "sources": sources})
    days = [each for each in (_last_day_of(place), row["day"]) if each is not None]
    if not days:
        return now
    return datetime.combine(min(days) + timedelta(days=1), datetime.min.time(), zone)


def _last_day_of(place: Place) -> date | None:
    starts = [value for name, value in place.key if name in ("transaction_date", "metric_date", "month", "quarter")]
    if place.period is None or place.period == "all" or not starts:
        return None
    first = date.fromisoformat(starts[0])
    months = {"month": 1, "quarter": 3}.get(place.period, 0)
    if not months:
        return first
    ahead = first.month - 1 + months
    return date(first.year + ahead // 12, ahead % 12 + 1, 1) - timedelta(days=1)


def _or_none(periods: Sequence[Any]) -> str:
    return f"period={', '.join(periods)}" if periods else "no period"
