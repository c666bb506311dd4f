"""The streams' part of the data dictionary: what every event has, and the kinds of events, in words."""

from __future__ import annotations

from collections.abc import Iterable

from echo_quality.contract import Column, LogicalType
from echo_quality.streams.contract import EventType, StreamContract
from echo_quality.streams.json_schema import FOLDER


def streams_md(streams: Iterable[StreamContract]) -> str:
    """One section a stream."""
    return "\n".join(_section(stream) for stream in streams)


def _section(stream: StreamContract) -> str:
    facts = (
        f"Grain: {stream.grain}\nOwner: {stream.owner}. Contract version {stream.version}. An event that breaks"
        f" its schema, in `{FOLDER}`, is a dead letter."
    )
    parts = [f"## {stream.source}", stream.description, facts, _table(stream.attributes)]
    return "\n\n".join([*parts, *(_of_type(stream, each) for each in stream.types)]) + "\n"


def _of_type(stream: StreamContract, event_type: EventType) -> str:
    head = f"`{event_type.kind}`, type `{stream.tag(event_type.kind)}`. {event_type.grain}"
    rules = [f"- `{rule.name}`: {rule.description}" for rule in event_type.rules]
    return "\n\n".join([head, _table(event_type.fields), *(["\n".join(rules)] if rules else [])])


def _table(columns: Iterable[Column]) -> str:
    return "\n".join(["| field | type | required | meaning |", "|---|---|---|---|", *map(_row, columns)])


def _row(column: Column) -> str:
    number = column.logical_type is LogicalType.NUMBER
    kind = f"number, {column.scale} decimals" if number else str(column.logical_type)
    if column.accepted:
        kind += f": {', '.join(column.accepted)}"
    personal = " Personal data." if column.personal else " Identifies a person." if column.identifies else ""
    return f"| `{column.name}` | {kind} | {'yes' if column.required else 'no'} | {column.description}{personal} |"
