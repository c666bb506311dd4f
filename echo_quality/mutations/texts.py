"""Texts that match a pattern, and texts that do not."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from typing import Any

_ALPHABET = "a1A-_ .@x0!?"
_ODD = ("?", "neither here nor there", "0", "a", "A", "-", "?!" * 200)


def matching(pattern: str) -> str | None:
    """A text that is not blank and matches; None if none was found."""
    parsed = importlib.import_module("re._parser").parse(pattern)  # the library's own reading of it
    for least in (1, 0, 2):
        text = "".join(_sample(parsed, least))
        if text.strip() == text != "" and re.search(pattern, text):
            return text
    return next((text for text in _ODD if re.search(pattern, text)), None)


def not_matching(pattern: str) -> list[str]:
    """Texts that are not blank and do not match; empty if the pattern takes everything."""
    near = matching(pattern) or ""
    tried = (*_ODD, near[:-1], near[1:], f"{near}{near}", f"?{near}", f"{near}?")
    return [text for text in dict.fromkeys(tried) if text.strip() and not re.search(pattern, text)]


def _sample(parsed: Iterable[Any], least: int) -> list[str]:
    return [text for operator, argument in parsed for text in _of(str(operator), argument, least)]


def _of(operator: str, argument: Any, least: int) -> list[str]:
    if operator == "LITERAL":
        return [chr(argument)]
    if operator in ("ANY", "NOT_LITERAL", "IN"):
        return [_letter(operator, argument)]
    if operator.endswith("REPEAT"):
        low, high, inner = argument
        return [text for _ in range(min(max(low, least), int(high))) for text in _sample(inner, least)]
    if operator == "SUBPATTERN":
        return _sample(argument[-1], least)
    if operator == "BRANCH":
        return _sample(argument[1][0], least)
    return []


def _letter(operator: str, argument: Any) -> str:
    if operator == "ANY":
        return "a"
    if operator == "NOT_LITERAL":
        return next(letter for letter in _ALPHABET if ord(letter) != argument)
    negated = any(str(kind) == "NEGATE" for kind, _ in argument)
    listed = [chr(code) for kind, value in argument for code in _codes(str(kind), value)]
    if not negated:
        return next((letter for letter in _ALPHABET if letter in listed), listed[0])
    return next((letter for letter in _ALPHABET if letter not in listed), "~")


def _codes(kind: str, value: Any) -> Iterable[int]:
    if kind == "LITERAL":
        return (value,)
    return range(value[0], value[1] + 1) if kind == "RANGE" else ()
