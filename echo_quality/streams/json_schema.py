"""JSON Schemas (2020-12) of events, one file a kind: producers validate with them, the consumer's types keep to them.

Money is a JSON number: written with few enough digits, every number of the contract's range and scale is read by any
JSON reader as just that number.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from echo_quality.contract import Column, LogicalType
from echo_quality.streams.contract import EventType, StreamContract

FOLDER = "echo_streaming/schemas"
MOMENT = (
    "^20[0-9]{2}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]"
    "(?:[.][0-9]{1,9})?(?:Z|[+-](?:0[0-9]|1[0-5]):[0-5][0-9])$"
)
"""RFC 3339 within the offsets that PostgreSQL takes. That the day is one of the calendar is what `format` is for."""
_TYPES = {
    LogicalType.STRING: "string", LogicalType.INTEGER: "integer", LogicalType.NUMBER: "number",
    LogicalType.BOOLEAN: "boolean", LogicalType.TIMESTAMP: "string",
}  # fmt: skip


def event_schemas(streams: Iterable[StreamContract]) -> dict[str, str]:
    """Every schema by its path from the project's root."""
    return {
        f"{FOLDER}/{stream.tag(each.kind).removeprefix('echo.')}.json": _text(schema_of(stream, each))
        for stream in streams
        for each in stream.types
    }


def schema_of(stream: StreamContract, event_type: EventType) -> dict[str, Any]:
    """The schema of a whole event of one kind; fields that it does not name are allowed, and kept."""
    attributes = _object(stream.attributes)
    attributes["properties"]["type"] = {"const": stream.tag(event_type.kind)}
    attributes["properties"]["data"] = _data(event_type)
    attributes["required"] += ["type", "data"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{stream.tag(event_type.kind).replace('.', ':')}",
        "title": event_type.kind,
        "description": event_type.grain,
        "$comment": f"Generated from contracts/{stream.source}.yaml {stream.version}; do not edit.",
        **attributes,
    }


def _data(event_type: EventType) -> dict[str, Any]:
    data = _object(event_type.fields)
    if event_type.key:
        data["x-key"] = list(event_type.key)
    if event_type.rules:
        data["allOf"] = [{"description": rule.description, **rule.schema} for rule in event_type.rules]
    return data


def _object(columns: Iterable[Column]) -> dict[str, Any]:
    columns = tuple(columns)
    return {
        "type": "object",
        "properties": {column.name: _property(column) for column in columns},
        "required": [column.name for column in columns if column.required],
    }


def _property(column: Column) -> dict[str, Any]:
    kind = _TYPES[column.logical_type]
    found: dict[str, Any] = {
        "description": column.description,
        "type": kind if column.required else [kind, "null"],
        **_bounds(column),
    }
    if column.accepted:
        found["enum"] = [*column.accepted, *([] if column.required else [None])]
    if column.counted:
        found["x-counted"] = list(column.counted)
    if column.default is not None:
        found["default"] = column.default
    if column.personal:
        found["x-personal"] = True
    return found


def _bounds(column: Column) -> dict[str, Any]:
    bounds: dict[str, Any] = {}
    if column.logical_type is LogicalType.TIMESTAMP:
        bounds |= {"format": "date-time", "pattern": MOMENT}
    if column.longest and not column.accepted:
        bounds["maxLength"] = column.longest
    if column.pattern:
        bounds["pattern"] = column.pattern
    for word, bound in (("Minimum", column.minimum), ("Maximum", column.maximum)):
        if bound:
            name = f"exclusive{word}" if bound[0] in "<>" else word.lower()
            bounds[name] = _number(bound.lstrip("<>"))
    if column.logical_type is LogicalType.NUMBER:
        bounds["multipleOf"] = _number(str(Decimal(1).scaleb(-column.scale)))
    return bounds


def _number(text: str) -> int | float:
    return int(text) if Decimal(text) == int(Decimal(text)) else float(text)


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=True) + "\n"
