"""How the numbers of a column are written: which sign separates decimals, which thousands, what stands around them.

A single separator with exactly three digits behind it (`1,234`, `1.234`) is either; only the other values of the column
can tell, and where they do not, nobody guesses.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from echo_quality.discover.profile import Profile, Shape

GROUPS = " '\u00a0\u202f\u2019"
_CORE = re.compile(
    rf"9+(?:[.,]9*)?|[.,]9+|9{{1,3}}(?P<group>[.,{GROUPS}])9{{3}}(?:(?P=group)9{{3}})*(?:(?!(?P=group))[.,]9*)?"
)
_AROUND = re.compile(
    r"(?P<open>\()?(?P<sign>[+-]?)(?P<before>[$\u20ac\u00a3\u00a5]|aaa)?[ \u00a0\u202f]?(?P<inner>[+-]?)"
    r"(?P<core>[9.,' \u00a0\u202f\u2019]*9[.,]?)"
    r"(?P<minus>-?)[ \u00a0\u202f]?(?P<after>[$\u20ac\u00a3\u00a5]|aaa)?(?P<percent>%?)(?P<close>\))?"
)


_LISTED = """
AED ARS AUD BGN BRL CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD HUF IDR ILS INR ISK JPY KES KRW MAD MXN MYR NGN NOK
NZD PEN PHP PKR PLN RON RSD RUB SAR SEK SGD THB TRY TWD UAH USD UYU VND ZAR
"""
CODES = frozenset(_LISTED.split())
"""Codes of currencies (ISO 4217) that are told from other words of three letters beside a number."""


@dataclass(frozen=True)
class Numbers:
    """The numbers of a column: how many values are some, and how they are written.

    `decimal` is None where thousands and decimals cannot be told apart, and "" where there are no separators at all.
    """

    rows: int
    plain: int
    decimal: str | None
    is_mixed: bool
    groups: frozenset[str]
    decimals: int
    digits: int
    currencies: frozenset[str]
    has_accounting: bool
    has_percent: bool
    example: str

    @property
    def is_plain(self) -> bool:
        """Whether every number can be read without a declaration."""
        return self.plain == self.rows and self.decimal is not None


@dataclass
class _Tally:
    rows: int = 0
    plain: int = 0
    point: int = 0
    comma: int = 0
    either_point: int = 0
    either_comma: int = 0
    decimals: int = 0
    digits: int = 0
    accounting: int = 0
    percent: int = 0
    example: str = ""


def numbers_of(profile: Profile) -> Numbers:
    """Every shape that is a number, taken apart and counted."""
    tally, groups, currencies = _Tally(), set[str](), set[str]()
    for shape in profile.shapes:
        found = _AROUND.fullmatch(shape.text)
        if found is None or not _CORE.fullmatch(found["core"].strip()):
            continue
        marks = _currency(shape, found)
        if not any(len(mark) == 3 and mark not in CODES for mark in marks):
            _count(tally, shape, found, groups)
            currencies |= marks
    decimal = _decimal(tally)
    if tally.either_comma and decimal == "." and tally.point:
        groups.add(",")
    if tally.either_point and decimal == ",":
        groups.add(".")
    return Numbers(
        tally.rows, tally.plain, decimal, bool(tally.comma and tally.point), frozenset(groups), tally.decimals,
        tally.digits, frozenset(currencies), tally.accounting > 0, tally.percent > 0, tally.example,
    )  # fmt: skip


def _decimal(tally: _Tally) -> str | None:
    if tally.comma and tally.point:
        return None
    if tally.comma or tally.point:
        return "," if tally.comma else "."
    return None if tally.either_comma or tally.either_point else ""


def _count(tally: _Tally, shape: Shape, found: re.Match[str], groups: set[str]) -> None:
    core, rows = found["core"].strip(), shape.rows
    tally.rows += rows
    around = (found["before"], found["after"], found["open"], found["minus"], found["percent"])
    tally.accounting += rows * bool(found["open"] or found["minus"])
    tally.percent += rows * bool(found["percent"])
    if not any(around) and re.fullmatch("9+[.]?9*|[.]9+", core):
        tally.plain += rows
    else:
        tally.example = tally.example or shape.example
    whole, fraction = _divided(tally, core, shape, groups)
    tally.digits = max(tally.digits, whole)
    tally.decimals = max(tally.decimals, fraction)


def _divided(tally: _Tally, core: str, shape: Shape, groups: set[str]) -> tuple[int, int]:
    """Count a number's vote on what its separators mean; its digits before and behind the decimal sign."""
    signs = [sign for sign in core if not sign.isdigit()]
    groups |= {sign for sign in signs if sign in GROUPS}
    marks = [sign for sign in signs if sign in ".,"]
    digits = core.count("9")
    if not marks:
        return digits, 0
    last, behind = marks[-1], len(core) - core.rindex(marks[-1]) - 1
    if len(marks) > 1 and len(set(marks)) == 1:
        groups.add(last)
        setattr(tally, "point" if last == "," else "comma", getattr(tally, "point" if last == "," else "comma") + 1)
        return digits, 0
    if len(set(marks)) == 2:
        groups.add(marks[0])
    elif behind == 3 and core.index(last) in (1, 2, 3) and not _begins_with_zero(shape):
        name = "either_point" if last == "." else "either_comma"
        setattr(tally, name, getattr(tally, name) + shape.rows)
        return digits - behind, behind
    name = "point" if last == "." else "comma"
    setattr(tally, name, getattr(tally, name) + shape.rows)
    return digits - behind, behind


def _begins_with_zero(shape: Shape) -> bool:
    """No number with thousands begins with 0, so `0.125` can only be a decimal."""
    return re.match(r"[^0-9]*0", shape.example) is not None


def _currency(shape: Shape, found: re.Match[str]) -> set[str]:
    """The sign or code around a number, as the example has it."""
    if not (found["before"] or found["after"]):
        return set()
    return {code.upper() for code in re.findall(r"[$\u20ac\u00a3\u00a5]|[A-Za-z]{3}", shape.example)}
