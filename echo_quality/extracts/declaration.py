"""Which server a source is read from, as its contract declares it in `servers` of the Open Data Contract Standard.

A server of type `api` is a REST API at `location`; of any type in `DATABASES`, a database that SQLAlchemy can reach.
The rest is in its `customProperties`, which `_OF_ALL`, `_OF_DATABASE` and `_OF_API` list. Secrets are never in the
contract, only the names of the variables that hold them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from open_data_contract_standard.model import Server as StandardServer

DATABASES = frozenset(
    {
        "postgresql", "postgres", "mysql", "sqlserver", "oracle", "db2", "redshift", "snowflake", "trino", "presto",
        "duckdb", "clickhouse", "bigquery", "databricks", "vertica", "sqlite", "custom",
    }
)  # fmt: skip
PAGING = ("none", "page", "offset", "cursor", "link")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")
_OF_ALL = frozenset({"cursorColumn", "lag", "windowSize"})
_OF_DATABASE = frozenset({"urlVariable", "table", "query"})
_OF_API = frozenset(
    {
        "records", "paging", "pageParameter", "firstPage", "pageSize", "pageSizeParameter", "next", "total",
        "sinceParameter", "untilParameter", "timeFormat", "parameters", "headers", "authVariable", "authHeader",
        "authPrefix", "timeout", "attempts",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Cursor:
    """The column that tells what is new; `lag` is how far back rows are read again, `size` makes windows of numbers."""

    column: str
    lag: str
    size: int | None = None


@dataclass(frozen=True)
class Database:
    """A table, or a query, of the database whose URL a variable holds."""

    url_variable: str
    table: str = ""
    schema: str | None = None
    query: str = ""


@dataclass(frozen=True)
class Api:
    """A REST API of pages. Paths such as `data.items` lead through the answer, `header:X-Total-Count` to a header."""

    location: str
    records: str = ""
    paging: str = "none"
    page_parameter: str = ""
    first_page: int = 1
    page_size: int | None = None
    page_size_parameter: str = ""
    next: str = ""
    total: str = ""
    since_parameter: str = ""
    until_parameter: str = ""
    time_format: str = "%Y-%m-%dT%H:%M:%SZ"
    parameters: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    auth_variable: str = ""
    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "
    timeout: float = 30.0
    attempts: int = 6


@dataclass(frozen=True)
class Server:
    """A named server, what it is, and the cursor by which it is read; without a cursor all of it is read every time."""

    name: str
    place: Database | Api
    cursor: Cursor | None = None

    @property
    def can_filter(self) -> bool:
        """Whether it can be asked for what is new only; another one is read whole every time."""
        return isinstance(self.place, Database) or bool(self.place.since_parameter)

    @property
    def variables(self) -> tuple[str, ...]:
        """The environment variables that hold what is secret."""
        place = self.place
        named = place.url_variable if isinstance(place, Database) else place.auth_variable
        return (named,) if named else ()


def server_of(servers: Sequence[StandardServer]) -> Server | None:
    """The one server of a contract, or None; ValueError names what is wrong."""
    if not servers:
        return None
    if len(servers) > 1:
        raise ValueError("`servers` has more than one: a source is read from one place")
    written = servers[0]
    if not _NAME.fullmatch(written.server or ""):
        raise ValueError(f"server {written.server!r} must be lower case letters, digits, _ and -, at most 40")
    custom = {str(item.property): item.value for item in written.customProperties or []}
    known = _OF_ALL | (_OF_API if written.type == "api" else _OF_DATABASE)
    if unknown := sorted(set(custom) - known):
        raise ValueError(f"unknown customProperties {unknown} of server {written.server!r}; known: {sorted(known)}")
    return Server(str(written.server), _place(written, custom), _cursor(custom))


def _place(written: StandardServer, custom: Mapping[str, Any]) -> Database | Api:
    if written.type == "api":
        return _api(str(written.location or ""), custom)
    if written.type not in DATABASES:
        raise ValueError(f"server type {written.type!r} is not read; use api, or one of {', '.join(sorted(DATABASES))}")
    if ("table" in custom) == ("query" in custom):
        raise ValueError(f"server {written.server!r} needs either a table or a query")
    return Database(
        url_variable=_variable(custom, "urlVariable", needed=True),
        table=str(custom.get("table", "")),
        schema=written.schema_,
        query=str(custom.get("query", "")).strip().rstrip(";"),
    )


def _api(location: str, custom: Mapping[str, Any]) -> Api:
    if not re.match(r"https?://[^/@\s]+(/|$)", location):
        raise ValueError(
            f"location {location!r} must be a URL without a password, such as https://shop.example.com/orders"
        )
    paging = str(custom.get("paging", "none"))
    if paging not in PAGING:
        raise ValueError(f"paging {paging!r} is not known; use one of {', '.join(PAGING)}")
    if paging == "cursor" and "next" not in custom:
        raise ValueError("paging cursor needs `next`: where an answer has the cursor of the next page")
    return Api(
        location=location,
        records=str(custom.get("records", "")),
        paging=paging,
        page_parameter=str(custom.get("pageParameter", paging)),
        first_page=int(custom.get("firstPage", 1)),
        page_size=int(custom["pageSize"]) if "pageSize" in custom else None,
        page_size_parameter=str(custom.get("pageSizeParameter", "limit")),
        next=str(custom.get("next", "")),
        total=str(custom.get("total", "")),
        since_parameter=str(custom.get("sinceParameter", "")),
        until_parameter=str(custom.get("untilParameter", "")),
        time_format=str(custom.get("timeFormat", Api.time_format)),
        parameters=_pairs(custom, "parameters"),
        headers=_pairs(custom, "headers"),
        auth_variable=_variable(custom, "authVariable", needed=False),
        auth_header=str(custom.get("authHeader", Api.auth_header)),
        auth_prefix=str(custom.get("authPrefix", Api.auth_prefix)),
        timeout=float(custom.get("timeout", Api.timeout)),
        attempts=int(custom.get("attempts", Api.attempts)),
    )


def _cursor(custom: Mapping[str, Any]) -> Cursor | None:
    if "cursorColumn" not in custom:
        if given := sorted({"lag", "windowSize"} & set(custom)):
            raise ValueError(f"{', '.join(given)} without a cursorColumn says nothing")
        return None
    size = int(custom["windowSize"]) if "windowSize" in custom else None
    if size is not None and size < 1:
        raise ValueError(f"windowSize {size} must be at least 1")
    lag = str(custom.get("lag", "1d" if size is None else size))
    if not re.fullmatch(r"[0-9]+[dh]" if size is None else r"[0-9]+", lag):
        raise ValueError(f"lag {lag!r} must be a number of days or hours such as 2d or 12h; with windowSize a number")
    return Cursor(str(custom["cursorColumn"]), lag, size)


def _variable(custom: Mapping[str, Any], name: str, *, needed: bool) -> str:
    written = str(custom.get(name, ""))
    if (needed or written) and not _VARIABLE.fullmatch(written):
        raise ValueError(f"{name} {written!r} must name an environment variable, such as SHOP_DATABASE_URL")
    return written


def _pairs(custom: Mapping[str, Any], name: str) -> tuple[tuple[str, str], ...]:
    written = custom.get(name, {})
    if not isinstance(written, dict):
        raise ValueError(f"{name} {written!r} must be a mapping, such as {{status: any}}")
    return tuple((str(key), str(value)) for key, value in written.items())
