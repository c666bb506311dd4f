"""Readouts as documents that a database or a script keeps, and back. A number that is not finite is a text there."""

from __future__ import annotations

import json
import math
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from echo_ml.experiments.findings import Readout

if TYPE_CHECKING:
    from pydantic import TypeAdapter


def document_of(readout: Readout) -> str:
    """The readout as JSON text; equal readouts have equal texts."""
    return json.dumps(_plain(readout), ensure_ascii=False, allow_nan=False)


def readout_from(document: dict[str, Any]) -> Readout:
    """The readout that a document, read as JSON, was made of; ValueError if it is none."""
    return _adapter().validate_python(document)


@cache
def _adapter() -> TypeAdapter[Readout]:
    from pydantic import TypeAdapter

    return TypeAdapter(Readout)


def _plain(value: Any) -> Any:
    """Nested values of a readout as JSON knows them; an infinite boundary is `inf` or `-inf`."""
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date | datetime):
        return value.isoformat()
    value = value.item() if hasattr(value, "item") else value
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
