"""What the text of a variable may be: one function for each kind of value, which refuses what it cannot read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from echo_ml.serving.limits import SHORTEST_KEY
from echo_streaming.options import StreamOptions


class Refused(ValueError):
    """What was expected instead, and what may be shown of the value (None: all of it)."""

    def __init__(self, accepted: str, shown: str | None = None) -> None:
        """Keep both for the message, which the reader makes with the variable's name."""
        super().__init__(accepted)
        self.accepted = accepted
        self.shown = shown


def option(name: str) -> Callable[[str], str | int]:
    """One of the options of the stream, by its name."""

    def parse(text: str) -> str | int:
        try:
            return StreamOptions.read(name, text)
        except ValueError as error:
            raise Refused(str(error)) from None

    return parse


def path(text: str) -> Path:
    """A folder, made absolute; `~` is the home."""
    return Path(text).expanduser().resolve()


def database_url(text: str) -> str:
    """Where a PostgreSQL is."""
    parts = urlsplit(text)
    if parts.scheme not in {"postgresql", "postgres"}:
        raise Refused("a PostgreSQL URL such as postgresql://user@host:5432/warehouse", f"{parts.scheme or '...'}:...")
    return text


def redis_url(text: str) -> str:
    """Where a Redis is."""
    parts = urlsplit(text)
    if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
        raise Refused("a Redis URL such as redis://:secret@host:6379/0", f"{parts.scheme or '...'}:...")
    if "," in unquote(parts.netloc):
        raise Refused("a Redis URL without a comma in user and password: Feast splits there", f"{parts.scheme}:...")
    return text


def timezone(text: str) -> str:
    """The name of a time zone."""
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, OSError, ValueError):  # unknown, a folder of the database, not a name at all
        raise Refused("a time zone of the IANA database such as UTC or Europe/Berlin") from None


def day(text: str) -> date:
    """A calendar day."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("a date such as 2023-01-31") from None


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 1:
        raise Refused("a number from 0 to 1")
    return found


def flag(text: str) -> bool:
    """Yes or no."""
    known = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.lower() not in known:
        raise Refused("1 or 0 (true, yes, on; false, no, off)")
    return known[text.lower()]


def megabytes(text: str) -> int:
    """What DuckDB may use."""
    return whole(text, 50, 1_000_000)


def processes(text: str) -> int:
    """How many processes there may be."""
    return whole(text, 1, 64)


def limit(name: str) -> Callable[[str], int]:
    """DuckDB reads a line as a whole, so that lines and fields cannot be as large as one likes."""
    most = 8_000_000 if name.endswith("characters") else 100_000_000
    return lambda text: whole(text, 1, most)


def between(low: int, high: int) -> Callable[[str], int]:
    """A whole number within bounds."""
    return lambda text: whole(text, low, high)


def api_keys(text: str) -> tuple[str, ...]:
    """Keys, separated by commas."""
    keys = tuple(filter(None, (key.strip() for key in text.split(","))))
    if not all(len(key) >= SHORTEST_KEY and key.isascii() and key.isprintable() and " " not in key for key in keys):
        raise Refused(f"keys of {SHORTEST_KEY} characters or more, separated by commas, without blanks", "...")
    return keys


def host(text: str) -> str:
    """An address to listen on."""
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        raise Refused("an address to listen on, such as 127.0.0.1, ::1 or 0.0.0.0") from None


def hours(text: str) -> int:
    """Up to a year."""
    return whole(text, 1, 8760)


def messages(text: str) -> int:
    """How many at most."""
    return whole(text, 1, 1000)


def horizon(text: str) -> int:
    """Days up to a year."""
    return whole(text, 7, 365)


def port(text: str) -> int:
    """A port that needs no privilege."""
    return whole(text, 1024, 65535)


def whole(text: str, low: int, high: int) -> int:
    """A whole number from `low` to `high`."""
    if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
        raise Refused(f"a whole number from {low} to {high}")
    return int(text)
