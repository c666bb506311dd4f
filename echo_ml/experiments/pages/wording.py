"""How numbers, days and verdicts are written for people: the one place for digits, signs, units and words.

Nothing here knows HTML or Markdown, and nothing decides. What is not known is said so; no `nan` and no `None` is shown.
"""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeGuard

from echo_ml.experiments.design import Method, MetricKind
from echo_ml.experiments.findings import Interval, Outcome, Role

UNKNOWN = "not known"
MINUS = "\N{MINUS SIGN}"
_MOST_DECIMALS = 8


@dataclass(frozen=True)
class Verdict:
    """An outcome in words, with a sign that does not depend on colour; `tone` names its colours."""

    says: str
    sign: str
    tone: str


VERDICTS = {
    Outcome.SHIP: Verdict("Ship", "\N{CHECK MARK}", "good"),
    Outcome.DO_NOT_SHIP: Verdict("Do not ship", "\N{MULTIPLICATION X}", "bad"),
    Outcome.NO_MEANINGFUL_EFFECT: Verdict("No meaningful effect", "=", "calm"),
    Outcome.KEEP_RUNNING: Verdict("Keep running", "\N{RIGHTWARDS ARROW}", "wait"),
    Outcome.BLOCKED: Verdict("Blocked", "!", "bad"),
}
METHODS = {
    Method.FIXED: "one look at the end (fixed horizon)",
    Method.GROUP_SEQUENTIAL: "planned looks (group sequential)",
    Method.ALWAYS_VALID: "any number of looks (always valid)",
}
ROLES = {Role.PRIMARY: "decides", Role.SECONDARY: "informs", Role.GUARDRAIL: "must not get worse"}


def is_known(number: float | None) -> TypeGuard[float]:
    """Whether there is a number that can be shown."""
    return number is not None and math.isfinite(number)


def number(value: float | None, decimals: int, signed: bool = False) -> str:
    """With thousands separators and so many decimals; a rounded zero has no sign."""
    if not is_known(value):
        return UNKNOWN
    if abs(value) >= 1e15:
        return f"{value:{'+' if signed else ''}.2e}".replace("-", MINUS)
    rounded = round(value, decimals)
    text = f"{abs(rounded):,.{decimals}f}"
    if rounded == 0:
        return text
    return (MINUS if rounded < 0 else "+" if signed else "") + text


def decimals_for(significant: int, *values: float | None) -> int:
    """How many decimals show so many significant digits of the largest of these."""
    largest = max((abs(value) for value in values if value is not None and math.isfinite(value)), default=0.0)
    if largest == 0:
        return 0
    return min(max(significant - 1 - math.floor(math.log10(largest)), 0), _MOST_DECIMALS)


def count(value: float | None) -> str:
    """A whole number: 12,345."""
    return number(value, 0)


def percent(value: float | None, significant: int = 3, signed: bool = False) -> str:
    """A share as percent: 0.0512 is 5.12%."""
    if not is_known(value):
        return UNKNOWN
    return f"{number(100 * value, decimals_for(significant, 100 * value), signed)}%"


def exactly(value: float | None) -> str:
    """A share that was declared, as percent without zeros that say nothing: 0.05 is 5%."""
    return UNKNOWN if not is_known(value) else f"{_without_zeros(number(100 * value, 6))}%"


def _without_zeros(text: str, decimals: int = 0) -> str:
    """Without zeros at the end that say nothing, but with so many decimals."""
    whole, _, part = text.partition(".")
    part = part.rstrip("0").ljust(decimals, "0")
    return f"{whole}.{part}" if part else whole


def chance(value: float | None) -> str:
    """A probability: 97.3%, and never a certainty that it is not."""
    if not is_known(value):
        return UNKNOWN
    if value > 0.999:
        return "above 99.9%"
    return "below 0.1%" if value < 0.001 else f"{100 * value:.1f}%"


def p_value(value: float | None) -> str:
    """A p-value or q-value: 0.032, 0.0041, below 0.0001."""
    if not is_known(value):
        return UNKNOWN
    if value < 0.0001:
        return "below 0.0001"
    return f"{value:.4f}" if value < 0.01 else f"{value:.3f}"


@dataclass(frozen=True)
class Scale:
    """How the values of a metric are written: times `factor`, then `mark`; differences have a unit of their own."""

    factor: float
    mark: str
    difference: str
    fewest_decimals: int = 0

    def value(self, value: float | None) -> str:
        """A value, to three digits: 10.2%."""
        if not is_known(value):
            return UNKNOWN
        shown = self.factor * value
        return number(shown, self._decimals(3, shown)) + self.mark

    def effect(self, effect: float | None, interval: Interval | None = None) -> str:
        """A difference with its sign and unit, to the digits that its interval leaves certain."""
        if not is_known(effect):
            return UNKNOWN
        return number(self.factor * effect, self._precision(effect, interval), signed=True) + self.difference

    def size(self, effect: float | None) -> str:
        """A difference of no direction, such as a planned effect or a loss, to three digits: 3 percentage points."""
        if not is_known(effect):
            return UNKNOWN
        shown = self.factor * effect
        return _without_zeros(number(shown, self._decimals(3, shown)), self.fewest_decimals) + self.difference

    def between(self, interval: Interval | None) -> str:
        """`from ... to ...`, without the unit."""
        return span(interval, self.factor, "", self._precision(None, interval))

    def _precision(self, effect: float | None, interval: Interval | None) -> int:
        if interval is not None and is_known(width := interval.upper - interval.lower) and width > 0:
            return self._decimals(2, self.factor * width / 2)
        return self._decimals(3, None if effect is None else self.factor * effect)

    def _decimals(self, significant: int, shown: float | None) -> int:
        return max(decimals_for(significant, shown), self.fewest_decimals)


def scale_of(kind: MetricKind, unit: str) -> Scale:
    """How a metric of this kind and unit is written; `fraction` is the catalogue's word for shares."""
    if kind is MetricKind.PROPORTION or unit in ("fraction", "share"):
        return Scale(100, "%", " percentage points")
    if unit == "currency" or (len(unit) == 3 and unit.isupper()):
        mark = "" if unit == "currency" else f" {unit}"
        return Scale(1, mark, mark, fewest_decimals=2)
    mark = "" if unit in ("count", "") else f" {plain(unit)}"
    return Scale(1, mark, mark)


def span(interval: Interval | None, factor: float = 1, mark: str = "", decimals: int | None = None) -> str:
    """`from ... to ...` with signs; an end that is infinite has no bound."""
    if interval is None or math.isnan(interval.lower) or math.isnan(interval.upper):
        return f"interval {UNKNOWN}"
    lower, upper = factor * interval.lower, factor * interval.upper
    width = (upper - lower) / 2
    digits = decimals_for(2, width if width > 0 else upper) if decimals is None else decimals
    ends = [number(end, digits, signed=True) + mark if math.isfinite(end) else "no bound" for end in (lower, upper)]
    return f"from {ends[0]} to {ends[1]}"


def lift(value: float | None, interval: Interval | None = None) -> str:
    """A relative lift, to the digits that its interval leaves certain: +38%."""
    if not is_known(value):
        return UNKNOWN
    return Scale(100, "%", "%").effect(value, interval)


def lift_span(interval: Interval | None) -> str:
    """`from +27% to +50%`."""
    return span(interval, 100, "%")


def level(alpha: float) -> str:
    """What an interval holds: 95% where alpha is 0.05."""
    return f"{100 * (1 - alpha):.10g}%"


def day(value: datetime.date) -> str:
    """15 March 2024."""
    return f"{value.day} {value:%B} {value.year}"


def moment(value: datetime.datetime | None) -> str:
    """15 March 2024, 23:10 UTC."""
    if value is None:
        return UNKNOWN
    utc = value.astimezone(datetime.UTC) if value.tzinfo else value
    return f"{day(utc)}, {utc:%H:%M}{' UTC' if value.tzinfo else ''}"


def counted(number_of: float | None, noun: str) -> str:
    """1 user, 2 users."""
    return f"{count(number_of)} {noun}{'' if number_of == 1 else 's'}"


def listed(items: Sequence[str]) -> str:
    """a, b and c."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else ""


def sentence(text: str) -> str:
    """With a full stop, and a capital unless it begins with a name such as conversion_rate."""
    text = text.strip()
    if not text:
        return ""
    first = text.split()[0].rstrip(":,;")
    return (text[0].upper() if first.isalpha() else text[0]) + text[1:] + ("" if text[-1] in ".!?" else ".")


def plain(text: str, longest: int = 60) -> str:
    """A name from outside on one line, without control characters, and not too long."""
    shown = "".join(" " if unicodedata.category(each)[0] in "CZ" else each for each in text)
    shown = " ".join(shown.split())
    return shown if len(shown) <= longest else shown[: longest - 1].rstrip() + "\N{HORIZONTAL ELLIPSIS}"


def metric_name(name: str) -> str:
    """A metric as people say it: conversion_rate is conversion rate."""
    return plain(name.replace("_", " "))
