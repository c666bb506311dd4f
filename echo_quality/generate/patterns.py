"""Which texts may become which value: regular expressions that PostgreSQL and DuckDB read alike.

A pattern is the guard in front of a cast. Casts of both engines accept more than a contract may allow (`now`, `NaN`,
`1e5`, `12.345` rounded to cents), so a text must pass its pattern before it is cast. POSIX classes only.
"""

from __future__ import annotations

from echo_quality.contract import Column, ContractError

INTEGER = "[+-]?[0-9]{1,18}"
DAY = "(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}"
CLOCK = "[0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,6})?)?"
OFFSET = "(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
MOMENT = f"{DAY}([T ]{CLOCK})?"
MOMENT_WITH_OFFSET = f"{DAY}[T ]{CLOCK} ?{OFFSET}"
TRUE = ("true", "t", "yes", "y", "1")
FALSE = ("false", "f", "no", "n", "0")

_DIRECTIVES = {
    "%Y": ("year", "([0-9]{4})"), "%m": ("month", "([0-9]{1,2})"), "%d": ("day", "([0-9]{1,2})"),
    "%H": ("hour", "([0-9]{1,2})"), "%M": ("minute", "([0-9]{1,2})"), "%S": ("second", "([0-9]{1,2})"),
}  # fmt: skip


def number(column: Column) -> str:
    """A plain decimal with at most the column's scale of significant decimals and digits that fit its precision."""
    whole = column.precision - column.scale
    if not column.scale:
        return f"[+-]?[0-9]{{1,{whole}}}([.]0*)?"
    return f"[+-]?([0-9]{{1,{whole}}}([.][0-9]{{0,{column.scale}}}0*)?|[.][0-9]{{1,{column.scale}}}0*)"


def date_format(written: str) -> tuple[str, str]:
    r"""A strptime format as a pattern with groups, and the replacement that rewrites a match as ISO 8601.

    `%m/%d/%Y %H:%M` becomes `([0-9]{1,2})/...` and `\3-\1-\2 \4:\5:00`. Only numeric directives can be checked
    without a locale; another one is a ContractError.
    """
    pattern, groups, rest = "", {}, written
    while rest:
        if rest[:2] in _DIRECTIVES:
            part, expression = _DIRECTIVES[rest[:2]]
            groups[part], pattern, rest = len(groups) + 1, pattern + expression, rest[2:]
        elif rest[0] == "%":
            raise ContractError(f"date format {written!r}: {rest[:2]} is not supported; use {' '.join(_DIRECTIVES)}")
        else:
            pattern, rest = pattern + (rest[0] if rest[0].isalnum() else f"[{rest[0]}]"), rest[1:]
    if not {"year", "month", "day"} <= set(groups):
        raise ContractError(f"date format {written!r} needs %Y, %m and %d")
    clock = ":".join(f"\\{groups[part]}" if part in groups else "00" for part in ("hour", "minute", "second"))
    return pattern, f"\\{groups['year']}-\\{groups['month']}-\\{groups['day']} {clock}"
