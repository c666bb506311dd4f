"""Which columns may hold personal data, by their names and by the form of their values.

A suspicion marks the column as personal, so that its values are masked; a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from echo_quality.discover.profile import Profile

_MOST = 0.5
_PEOPLE = re.compile(r"(?:^|_)(?:customer|client|person|user|employee|patient|member|contact|email|mail|phone)(?:_|$)")
_NAMES = re.compile(
    r"^(?:first|last|full|given|family|middle|sur|customer|client|contact|user|employee)_?name$|^surname$"
)
_BY_NAME = (
    ("a mail address", re.compile(r"(?:^|_)e?_?mail(?:_address)?$")),
    ("a phone number", re.compile(r"(?:^|_)(?:phone|telephone|tel|mobile|fax)(?:_(?:no|nr|number))?$")),
    ("an address", re.compile(r"(?:^|_)(?:address|street|addr|strasse|postcode|zip|zipcode|plz)$")),
    ("a day of birth", re.compile(r"(?:^|_)(?:birth(?:day|date)?|dob|date_of_birth|geburtsdatum)$")),
    ("a bank account", re.compile(r"(?:^|_)iban$")),
    ("a number of a card", re.compile(r"(?:^|_)(?:card|credit_card|card_number)(?:_no|_number)?$")),
    ("a number of an insurance or a tax office", re.compile(r"(?:^|_)(?:ssn|social_security_number|tax_id)$")),
    ("an address of a computer", re.compile(r"(?:^|_)ip(?:_address)?$")),
)
_IBAN = re.compile(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}")


def suspicion(profile: Profile, others: frozenset[str]) -> str:
    """What personal data the column seems to hold, as a noun; empty for none. `others` are the columns beside it."""
    if profile.filled == 0:
        return ""
    if profile.mails > _MOST * profile.filled:
        return "a mail address"
    for noun, pattern in _BY_NAME:
        if pattern.search(profile.name):
            return noun
    if _NAMES.search(profile.name) or (profile.name == "name" and any(_PEOPLE.search(other) for other in others)):
        return "a name of a person"
    return _by_value(profile)


def _by_value(profile: Profile) -> str:
    """Bank accounts and cards carry check digits, so their values tell."""
    values = [re.sub("[ -]", "", value).upper() for value, _ in profile.top]
    if _mostly(values, is_iban):
        return "a bank account"
    if _mostly(values, is_card):
        return "a number of a card"
    if profile.fitting(r"[+]9[9 ()/-]{7,18}") > _MOST * profile.filled:
        return "a phone number"
    return ""


def _mostly(values: list[str], test: Callable[[str], bool]) -> bool:
    return bool(values) and sum(map(test, values)) > 0.9 * len(values)


def is_iban(text: str) -> bool:
    """Whether a text without blanks is an International Bank Account Number, check digits included."""
    if not _IBAN.fullmatch(text):
        return False
    digits = "".join(str(int(sign, 36)) for sign in text[4:] + text[:4])
    return int(digits) % 97 == 1


def is_card(text: str) -> bool:
    """Whether 13 to 19 digits end with the check digit that numbers of payment cards have (Luhn)."""
    if not re.fullmatch("[0-9]{13,19}", text) or len(set(text)) == 1:
        return False
    doubled = [int(digit) * (1 + at % 2) for at, digit in enumerate(reversed(text))]
    return sum(each - 9 * (each > 9) for each in doubled) % 10 == 0
