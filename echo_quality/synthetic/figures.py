"""Exact figures as text: money with two decimals, ratios with six. Rounds half away from zero, as PostgreSQL does.

Must not live here: floating point. Every figure comes in as an integer or a fraction and is rounded once, here.
"""

from fractions import Fraction


def decimal_text(value: Fraction, places: int) -> str:
    """`value` rounded half away from zero to `places` decimals."""
    scale = 10**places
    scaled = abs(value) * scale
    units = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    sign = "-" if value < 0 and units else ""
    return f"{sign}{units // scale}.{units % scale:0{places}d}"


def money(cents: int | Fraction) -> str:
    """An amount given in cents, with two decimals."""
    return decimal_text(Fraction(cents) / 100, 2)


def ratio(part: int, whole: int) -> str | None:
    """A ratio of sums with six decimals; nothing over nothing is None."""
    return decimal_text(Fraction(part, whole), 6) if whole else None
