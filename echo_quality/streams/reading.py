"""Reading the contract of an event stream, written in the Open Data Contract Standard v3, into `contract.py`'s values.

The schema object called like the contract has the attributes of every event, each other one the fields of a kind.
A rule over several fields is a `quality` entry with the engine `jsonSchema`, whose implementation is a JSON Schema.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import DataQuality, OpenDataContractStandard, SchemaObject
from pydantic import ValidationError

from echo_quality.contract import Column, ContractError, LogicalType
from echo_quality.contract_checks import refuse_unread
from echo_quality.odcs import column_of, key_of, owner_of, sentence, version_of
from echo_quality.streams.contract import EventRule, EventType, StreamContract, is_stream
from echo_quality.yaml_files import from_yaml

_ATTRIBUTES = ("specversion", "id", "source", "time")
"""What CloudEvents demands, and the moment, without which an event belongs to no day."""


def read_streams(folder: Path) -> dict[str, StreamContract]:
    """All contracts of event streams in a folder by stream; ContractError names the file and the fix."""
    return {path.stem: read_stream(path) for path in sorted(folder.glob("*.yaml")) if is_stream(path)}


def read_stream(path: Path) -> StreamContract:
    """One contract; the stream is called like the file."""
    try:
        written = from_yaml(path.read_text(encoding="utf-8"))
        standard = OpenDataContractStandard(**written)
        refuse_unread(written, standard.model_dump(exclude_unset=True, by_alias=True))
        return _stream(path.stem, standard)
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ContractError(f"{path}: not an Open Data Contract Standard v3 contract: {problems}") from error
    except (ContractError, TypeError, ValueError) as error:
        raise ContractError(f"{path}: {error}") from error


def _stream(source: str, standard: OpenDataContractStandard) -> StreamContract:
    schemas = {str(schema.name): schema for schema in standard.schema_ or []}
    if source not in schemas or len(schemas) < 2:
        raise ContractError(f"`schema` must hold {source!r}, for what all events have, and an object for each kind")
    attributes = _columns(schemas.pop(source))
    names = {column.name for column in attributes if column.required}
    if missing := [name for name in _ATTRIBUTES if name not in names]:
        raise ContractError(f"{source} must have {', '.join(missing)} as required properties: CloudEvents 1.0 has them")
    return StreamContract(
        source=source,
        version=version_of(standard.version),
        owner=owner_of(standard),
        description=sentence(standard.description.purpose if standard.description else None),
        grain=sentence(next(each for each in standard.schema_ or [] if each.name == source).dataGranularityDescription),
        attributes=attributes,
        types=tuple(map(_type, schemas.values())),
    )


def _type(schema: SchemaObject) -> EventType:
    return EventType(
        kind=str(schema.name),
        grain=sentence(schema.dataGranularityDescription),
        fields=_columns(schema),
        key=key_of(schema.properties or []),
        rules=tuple(map(_rule, schema.quality or [])),
    )


def _columns(schema: SchemaObject) -> tuple[Column, ...]:
    columns = tuple(column_of(written, {}) for written in schema.properties or [])
    for column in columns:
        if column.logical_type is LogicalType.STRING and not (column.accepted or (column.longest and column.pattern)):
            raise ContractError(f"{column.name!r} needs enum, or maxLength and pattern: an event is data from outside")
        if column.logical_type is LogicalType.NUMBER and not (column.minimum and column.maximum):
            raise ContractError(f"{column.name!r} needs a minimum and a maximum: an event is data from outside")
    return columns


def _rule(quality: DataQuality) -> EventRule:
    implementation: Any = quality.implementation
    if quality.engine != "jsonSchema" or not isinstance(implementation, dict) or not quality.name:
        raise ContractError(f"quality rule {quality.name!r} needs a name, engine jsonSchema and a JSON Schema")
    return EventRule(quality.name, sentence(quality.description), implementation)
