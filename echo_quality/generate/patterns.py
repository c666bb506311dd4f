"""Which texts may become which value: regular expressions that PostgreSQL and DuckDB read alike.

A pattern is the guard in front of a cast. Casts of both engines accept more than a contract may allow (`now`, `NaN`,
`1e5`, `12.345` rounded to cents), so a text must pass its pattern before it is cast. POSIX classes only.
"""

from __future__ import annotations

import re

from echo_quality.contract import Column, ContractError

INTEGER = "[+-]?[0-9]+"
DAY = "(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
CLOCK = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.][0-9]{1,6})?)?"
OFFSET = "(?:Z|[+-](?:0[0-9]|1[0-5])(?::?[0-5][0-9])?)"
MOMENT = f"{DAY}(?:[T ]{CLOCK})?"
MOMENT_WITH_OFFSET = f"{DAY}[T ]{CLOCK} ?{OFFSET}"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")
JSON_STRING = r'"([^"\\]|\\.)*"'
JSON_NUL = r"(^|[^\\])(\\\\)*\\u0000"
NOT_JSON = r"[Nn][Aa][Nn]|[Ii][Nn][Ff]|,[ \t\r\n]*[]}]|[Ee][+-]?[0-9]{4}"
"""Outside its strings, what one parser takes and another does not."""
JSON_LONGEST = 10_000
"""Characters. Depth is what hurts, and it cannot be deeper than it is long."""

_DIRECTIVES = {
    "%Y": ("year", "((?:19|20|21)[0-9]{2})"), "%m": ("month", "([0-9]?[0-9])"), "%d": ("day", "([0-9]?[0-9])"),
    "%H": ("hour", "([01]?[0-9]|2[0-3])"), "%M": ("minute", "([0-5]?[0-9])"), "%S": ("second", "([0-5]?[0-9])"),
}  # fmt: skip
_UNSEPARATED = re.compile("%[a-zA-Z]%")


def number(column: Column) -> str:
    """A plain decimal with at most the column's scale of significant decimals; its size is for the cast to judge."""
    if not column.scale:
        return "[+-]?[0-9]+(?:[.]0*)?"
    return f"[+-]?(?:[0-9]+(?:[.][0-9]{{0,{column.scale}}}0*)?|[.][0-9]{{1,{column.scale}}}0*)"


def date_format(written: str) -> tuple[str, str]:
    r"""A strptime format as a pattern with groups, and the replacement that rewrites a match as ISO 8601.

    `%m/%d/%Y %H:%M` becomes `([0-9]?[0-9])/...` and `\3-\1-\2 \4:\5:00`. Only numeric directives can be checked
    without a locale; another one is a ContractError. A leading zero may be missing where separators tell the parts
    apart, and not in `%Y%m%d`.
    """
    pattern, groups, rest = "", dict[str, int](), written
    while rest:
        if rest[:2] in _DIRECTIVES:
            part, expression = _DIRECTIVES[rest[:2]]
            if part in groups:
                raise ContractError(f"date format {written!r} has {rest[:2]} twice")
            groups[part], pattern, rest = len(groups) + 1, pattern + expression, rest[2:]
        elif rest[0] == "%":
            raise ContractError(f"date format {written!r}: {rest[:2]} is not supported; use {' '.join(_DIRECTIVES)}")
        else:
            pattern, rest = pattern + (rest[0] if rest[0].isalnum() else f"[{rest[0]}]"), rest[1:]
    if not {"year", "month", "day"} <= set(groups):
        raise ContractError(f"date format {written!r} needs %Y, %m and %d")
    if _UNSEPARATED.search(written):
        pattern = pattern.replace("]?[", "][")
    day = "-".join(f"\\{groups[part]}" for part in ("year", "month", "day"))
    clock = ":".join(f"\\{groups[part]}" if part in groups else "00" for part in ("hour", "minute", "second"))
    return pattern, f"{day} {clock}" if "hour" in groups else day
