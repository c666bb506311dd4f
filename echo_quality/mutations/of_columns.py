"""Cells that break or keep what an expectation demands of one column."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from echo_quality.mutations.texts import matching, not_matching

Tries = tuple[list[str | None], list[str | None]]
"""Cells that break it, and cells that keep it."""
_UNLISTED = "no such value"
_STEPS = tuple(map(Decimal, ("1", "0.5", "0.01", "0.000001")))


def tries_of(kind: str, arguments: Mapping[str, Any], type_: str) -> Tries | None:
    """Both for an expectation over a column of a type; None where the form of the expectation is not known here."""
    if kind == "expect_column_values_to_not_be_null":
        return [None], list(_any(type_))
    if kind == "expect_column_values_to_be_in_set":
        listed = [_text(value) for value in arguments.get("value_set") or ()]
        others = ["true", "false"] if type_ == "boolean" else [_UNLISTED]
        return [value for value in others if value not in listed], list(listed)
    if kind == "expect_column_values_to_match_regex":
        pattern = str(arguments["regex"])
        sample = matching(pattern)
        return list(not_matching(pattern)), [sample] if sample else []
    if kind == "expect_column_value_lengths_to_be_between":
        return _lengths(arguments.get("min_value"), arguments.get("max_value"))
    return _bounds(arguments, type_) if kind == "expect_column_values_to_be_between" else None


def _any(type_: str) -> list[str]:
    if type_ == "boolean":
        return ["true"]
    if type_.startswith(("date", "timestamp")):
        return ["2024-01-02"]
    return ["1", "0.5"] if type_.startswith("numeric") else ["1"]


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _lengths(least: int | None, most: int | None) -> Tries:
    breaking = (["x" * (most + 1)] if most is not None else []) + (["x" * (least - 1)] if least and least > 1 else [])
    fits = least is None or most is None or least <= most
    return list(breaking), ["x" * max(least or 1, 1)] if fits and most != 0 else []


def _bounds(arguments: Mapping[str, Any], type_: str) -> Tries:
    low, high = (
        None if (bound := arguments.get(f"{end}_value")) is None else Decimal(str(bound)) for end in ("min", "max")
    )
    strict_low, strict_high = bool(arguments.get("strict_min")), bool(arguments.get("strict_max"))
    tried = [bound + step * sign for bound in (low, high) if bound is not None for step in _STEPS for sign in (-1, 1)]
    tried += [bound for bound in (low, high) if bound is not None]
    fitting = [number for number in dict.fromkeys(tried) if _fits(number, type_)]
    inside = [
        number
        for number in fitting
        if (low is None or (number > low if strict_low else number >= low))
        and (high is None or (number < high if strict_high else number <= high))
    ]
    return [format(each, "f") for each in fitting if each not in inside], [format(each, "f") for each in inside]


def _fits(number: Decimal, type_: str) -> bool:
    """Whether a type holds the number as it is."""
    if not type_.startswith("numeric"):
        return number == number.to_integral_value() and abs(number) < 2**63
    precision, scale = (int(part) for part in type_[8:-1].split(",")) if "(" in type_ else (38, 16)
    return abs(number) < Decimal(10) ** (precision - scale) and number == round(number, scale)
