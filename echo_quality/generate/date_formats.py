"""Date formats that contracts declare, as strptime writes them: which texts have one, and how PostgreSQL reads it.

Only numeric directives can be checked without a locale. A leading zero may be missing where separators tell the parts
apart (`1/2/2024`), and not in `%Y%m%d`.
"""

from __future__ import annotations

import re

from echo_quality.contract import ContractError
from echo_quality.generate.sql_text import literal

_DIRECTIVES = {
    "%Y": "(?:19|20|21)[0-9]{2}", "%m": "[0-9]?[0-9]", "%d": "[0-9]?[0-9]",
    "%H": "(?:[01]?[0-9]|2[0-3])", "%M": "[0-5]?[0-9]", "%S": "[0-5]?[0-9]",
}  # fmt: skip
_SEPARATORS = " /.-:,_T"
_DAY, _CLOCK = ("%Y", "%m", "%d"), ("%H", "%M", "%S")


def pattern_of(written: str) -> str:
    """The regular expression of the texts that have the format; ContractError for a format that is not readable."""
    pattern = "".join(_DIRECTIVES.get(token, f"[{token}]") for token in _tokens(written))
    return pattern.replace("]?[", "][") if _is_unseparated(written) else pattern


def as_iso(written: str, text: str) -> str:
    """The SQL expression that rewrites a text of that form as ISO 8601, a day without a clock where it has none."""
    parts = _parts_by_place(written, text) if _is_unseparated(written) else _parts_by_separator(written, text)
    day = " || '-' || ".join(parts[directive] for directive in _DAY)
    clock = " || ':' || ".join(parts.get(directive, "'00'") for directive in _CLOCK)
    return f"({day} || ' ' || {clock})" if has_clock(written) else f"({day})"


def has_clock(written: str) -> bool:
    """Whether the format says more than the day."""
    return "%H" in written


def _tokens(written: str) -> list[str]:
    tokens = re.findall("%.|[^%]|%$", written, re.DOTALL)
    for token in tokens:
        if token not in _DIRECTIVES and token not in _SEPARATORS:
            known = f"{' '.join(_DIRECTIVES)} and the separators {_SEPARATORS!r}"
            raise ContractError(f"date format {written!r}: {token!r} is not supported; use {known}")
        if token in _DIRECTIVES and tokens.count(token) > 1:
            raise ContractError(f"date format {written!r} has {token} twice")
    if missing := [directive for directive in _DAY if directive not in tokens]:
        raise ContractError(f"date format {written!r} needs {', '.join(missing)}")
    return tokens


def _is_unseparated(written: str) -> bool:
    return re.search("%.%", written) is not None


def _parts_by_place(written: str, text: str) -> dict[str, str]:
    parts, place = {}, 1
    for token in _tokens(written):
        width = {"%Y": 4}.get(token, len(token))
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
