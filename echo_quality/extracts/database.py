"""Reading a database through SQLAlchemy: one ordered statement, streamed, cut into windows as it passes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Contract
from echo_quality.extracts.declaration import Database, Server
from echo_quality.extracts.errors import ExtractError, Unreachable, scrubbed
from echo_quality.extracts.reading import WindowRows, key_columns
from echo_quality.extracts.values import text_of
from echo_quality.extracts.windows import Grid, Range, Start, grid_of

if TYPE_CHECKING:
    from sqlalchemy import Connection, FromClause, Select

_BATCH = 1_000


@contextmanager
def connected(server: Server, url: str) -> Iterator[Connection]:
    """A connection whose errors say what is wrong and hold no password."""
    import sqlalchemy as sa

    secrets: tuple[str, ...] = (url,)
    is_connected = False
    try:
        parsed = sa.make_url(url)
        secrets = (url, str(parsed.password or ""))
        engine = sa.create_engine(parsed, poolclass=sa.pool.NullPool, hide_parameters=True)
        with engine.connect() as connection:
            is_connected = True
            yield connection.execution_options(stream_results=True, yield_per=_BATCH, **_one_view(engine.dialect.name))
    except sa.exc.DBAPIError as error:
        kind = Unreachable if error.connection_invalidated or not is_connected else ExtractError
        raise kind(f"{server.name}: {scrubbed(str(error.orig), secrets)}") from None
    except sa.exc.NoSuchModuleError:
        raise ExtractError(
            f"{server.name}: no driver for {parsed.drivername}: install one that SQLAlchemy knows"
        ) from None
    except sa.exc.ArgumentError:
        raise ExtractError(
            f"{server.name}: {', '.join(server.variables)} holds no URL such as postgresql://user:password@host/database"
        ) from None
    except ModuleNotFoundError as error:
        raise ExtractError(f"{server.name}: the driver {error.name!r} is not installed") from None


def _one_view(dialect: str) -> dict[str, Any]:
    """What makes all statements see the same state and change nothing, where the database can."""
    return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True} if dialect == "postgresql" else {}


def header_of(connection: Connection, database: Database) -> list[str]:
    """The names of the columns."""
    import sqlalchemy as sa

    result = connection.execute(_all_of(database).where(sa.text("1 = 0")))
    names = [str(name) for name in result.keys()]  # noqa: SIM118 - a result, no dict
    result.close()
    return names


def windows(
    connection: Connection, contract: Contract, server: Server, database: Database, wanted: Range
) -> Iterator[WindowRows]:
    """The windows of a range that have rows, in order, then the rows without a cursor. Use each before the next."""
    header = header_of(connection, database)
    keys = [_quoted(name) for name in key_columns(contract, header)]
    grid = grid_of(server.cursor)
    if grid is None or server.cursor is None:
        statement = _all_of(database).order_by(*keys)
        yield WindowRows(None, header, _texts(connection, statement, header))
        return
    if server.cursor.column not in header:
        raise ExtractError(f"no cursorColumn {server.cursor.column!r}; there are {', '.join(header)}")
    cursor = _quoted(server.cursor.column)
    dated = _bounded(connection, database, cursor, grid, wanted).order_by(cursor, *keys)
    yield from _cut(connection.execute(dated), header, header.index(server.cursor.column), grid)
    if wanted.is_open:
        undated = _all_of(database).where(cursor.is_(None)).order_by(*keys)
        yield WindowRows(None, header, _texts(connection, undated, header))


def _all_of(database: Database) -> Select[Any]:
    import sqlalchemy as sa

    return sa.select(sa.text("*")).select_from(_relation(database))


def _relation(database: Database) -> FromClause:
    import sqlalchemy as sa

    if database.query:
        return sa.text(f"(\n{database.query}\n) extracted")  # type: ignore[return-value]
    schema = sa.sql.quoted_name(database.schema, quote=True) if database.schema else None
    return sa.table(sa.sql.quoted_name(database.table, quote=True), schema=schema)


def _quoted(name: str) -> Any:
    import sqlalchemy as sa

    return sa.column(sa.sql.quoted_name(name, quote=True))


def _bounded(connection: Connection, database: Database, cursor: Any, grid: Grid, wanted: Range) -> Select[Any]:
    """The rows of a range; bounds are written as the column's own values are."""
    import sqlalchemy as sa

    statement = _all_of(database).where(cursor.is_not(None))
    if wanted.lower is None and wanted.upper is None:
        return statement
    example = connection.execute(sa.select(sa.func.max(cursor)).select_from(_relation(database))).scalar()
    if example is None:
        return statement
    grid.value(example)
    if wanted.lower is not None:
        statement = statement.where(cursor >= _bound(wanted.lower, example))
    if wanted.upper is not None:
        statement = statement.where(cursor < _bound(wanted.upper, example))
    return statement


def _bound(start: Start, example: Any) -> Any:
    if isinstance(start, int):
        if isinstance(example, int | Decimal):
            return start
        raise ExtractError(f"cursor {example!r} is a text: cast it to a number in a query, to compare it as one")
    if isinstance(example, datetime):
        return datetime.combine(start, time(), tzinfo=UTC if example.tzinfo else None)
    return start.isoformat() if isinstance(example, str) else date(start.year, start.month, start.day)


def _texts(connection: Connection, statement: Select[Any], header: Sequence[str]) -> Iterator[list[str]]:
    for row in connection.execute(statement):
        yield [text_of(value, name) for value, name in zip(row, header, strict=True)]


def _cut(result: Any, header: list[str], at: int, grid: Grid) -> Iterator[WindowRows]:
    """The streamed rows by window; the server's order is checked, since a window may only come once."""
    last: Start | None = None
    for start, rows in groupby(result, key=lambda row: grid.start(grid.value(row[at]))):  # type: ignore[arg-type]
        if last is not None and start < last:  # type: ignore[operator]
            raise ExtractError("the server does not order the cursor as its values are: cast it in a query")
        last = start
        window = WindowRows(start, header, iter(()))
        window.rows = _followed(window, rows, at, grid)
        yield window


def _followed(window: WindowRows, rows: Iterator[Any], at: int, grid: Grid) -> Iterator[list[str]]:
    for row in rows:
        value = grid.value(row[at])
        window.cursor = value if window.cursor is None else max(window.cursor, value)
        yield [text_of(cell, name) for cell, name in zip(row, window.header, strict=True)]
