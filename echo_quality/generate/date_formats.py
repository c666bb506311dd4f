"""Date formats that contracts declare, as strptime writes them: which texts have one, and how each engine reads it.

Numeric directives need no locale; the names of months are English ones, in any case, where the contract says so. A
leading zero may be missing where separators tell the parts apart (`1/2/2024`), and not in `%Y%m%d`.
"""

from __future__ import annotations

import re

from echo_quality.contract import ContractError
from echo_quality.generate.sql_text import literal

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
NAMES_OF_MONTHS = ("%b", "%B")


def _any_case(names: tuple[str, ...]) -> str:
    return "(?:" + "|".join("".join(f"[{sign.upper()}{sign.lower()}]" for sign in each) for each in names) + ")"


_DIRECTIVES = {
    "%Y": "(?:19|20|21)[0-9]{2}", "%m": "[0-9]?[0-9]", "%d": "[0-9]?[0-9]",
    "%H": "(?:[01]?[0-9]|2[0-3])", "%M": "[0-5]?[0-9]", "%S": "[0-5]?[0-9]",
    "%y": "[0-9]{2}", "%b": _any_case(tuple(each[:3] for each in MONTHS)), "%B": _any_case(MONTHS),
}  # fmt: skip
_SEPARATORS = " /.-:,_T"
_DAY, _CLOCK = ("%Y", "%m", "%d"), ("%H", "%M", "%S")
_INSTEAD = {"%y": "%Y", "%b": "%m", "%B": "%m"}


def pattern_of(written: str) -> str:
    """The regular expression of the texts that have the format; ContractError for a format that is not readable."""
    return _pattern(written, _tokens(written))


def _pattern(written: str, tokens: list[str]) -> str:
    pattern = "".join(_DIRECTIVES.get(token, f"[{token}]") for token in tokens)
    return pattern.replace("]?[", "][") if _is_unseparated(written) else pattern


def as_iso(written: str, text: str, first_year: int | None = None) -> str:
    """The SQL expression that rewrites a text of that form as ISO 8601, a day without a clock where it has none.

    `first_year` is the first of the hundred years that two digits name.
    """
    parts = _parts_by_place(written, text) if _is_unseparated(written) else _parts_by_separator(written, text)
    if "%y" in parts:
        parts["%Y"] = f"({_century(parts['%y'], first_year or 0)} || {parts['%y']})"
    for directive in NAMES_OF_MONTHS:
        if directive in parts:
            parts["%m"] = _number_of_month(parts[directive])
    day = " || '-' || ".join(parts[directive] for directive in _DAY)
    clock = " || ':' || ".join(parts.get(directive, "'00'") for directive in _CLOCK)
    return f"({day} || ' ' || {clock})" if has_clock(written) else f"({day})"


def has_clock(written: str) -> bool:
    """Whether the format says more than the day."""
    return "%H" in written


def parsed_by_duckdb(written: str, text: str, first_year: int | None = None) -> str:
    """The timestamp of a text of that form, by DuckDB's own strptime; a year of two digits is completed before."""
    if "%y" not in written:
        return f"try_strptime({text}, {literal(written)})"
    tokens = _tokens(written)
    at = tokens.index("%y")
    before, after = (f"({_pattern(written, part)})" for part in (tokens[:at], tokens[at + 1 :]))
    start, year, rest = (f"regexp_extract({text}, '^{before}([0-9]{{2}}){after}$', {group})" for group in (1, 2, 3))
    completed = f"{start} || {_century(year, first_year or 0)} || {year} || {rest}"
    return f"try_strptime({completed}, {literal(written.replace('%y', '%Y'))})"


def _century(year: str, first_year: int) -> str:
    century, from_year = divmod(first_year, 100)
    return f"case when {year} >= '{from_year:02}' then '{century}' else '{century + 1}' end"


def _number_of_month(month: str) -> str:
    """By the place of the first three letters; every name has its place at a multiple of three."""
    letters = "".join(each[:3].lower() for each in MONTHS)
    return f"((strpos('{letters}', lower(left({month}, 3))) + 2) / 3)::text"


def _tokens(written: str) -> list[str]:
    tokens = re.findall("%.|[^%]|%$", written, re.DOTALL)
    for token in tokens:
        if token not in _DIRECTIVES and token not in _SEPARATORS:
            known = f"{' '.join(_DIRECTIVES)} and the separators {_SEPARATORS!r}"
            raise ContractError(f"date format {written!r}: {token!r} is not supported; use {known}")
        if token in _DIRECTIVES and tokens.count(token) > 1:
            raise ContractError(f"date format {written!r} has {token} twice")
    _check_parts(written, [_INSTEAD.get(token, token) for token in tokens])
    if ("T" in tokens and set(NAMES_OF_MONTHS) & set(tokens)) or ("%B" in tokens and _is_unseparated(written)):
        raise ContractError(f"date format {written!r}: the name of a month needs blanks or signs around it, and no T")
    return tokens


def _check_parts(written: str, parts: list[str]) -> None:
    if missing := [directive for directive in _DAY if directive not in parts]:
        raise ContractError(f"date format {written!r} needs {', '.join(missing)}")
    if twice := [directive for directive in _DAY if parts.count(directive) > 1]:
        raise ContractError(f"date format {written!r} says {', '.join(twice)} twice, in two ways")


def _is_unseparated(written: str) -> bool:
    return re.search("%.%", written) is not None


def _parts_by_place(written: str, text: str) -> dict[str, str]:
    parts, place = {}, 1
    for token in _tokens(written):
        width = {"%Y": 4, "%b": 3}.get(token, len(token))
        parts[token] = f"substr({text}, {place}, {width})"
        place += width
    return parts


def _parts_by_separator(written: str, text: str) -> dict[str, str]:
    """With one separator for all, part n stands behind n - 1 of them; far cheaper than a regular expression."""
    tokens = _tokens(written)
    separators = "".join(sorted(set(tokens) - set(_DIRECTIVES)))
    spaced = f"translate({text}, {literal(separators)}, {literal(' ' * len(separators))})"
    before = [sum(token not in _DIRECTIVES for token in tokens[:at]) for at in range(len(tokens))]
    return {token: f"split_part({spaced}, ' ', {count + 1})" for token, count in zip(tokens, before, strict=True)}
