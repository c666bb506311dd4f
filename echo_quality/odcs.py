"""Reading contracts written in the Open Data Contract Standard v3 into the values of `contract.py`.

Only reading lives here. Echo uses the standard's own fields and, where the standard has none, `customProperties`:
on the contract `suite`, `eventColumn`, `conserved`, `maxRejectedShare`, `timezone`, `encoding`, `delimiter`, `sheet`,
`headerRow`, `headerRows`, `heldBy`;
on a property `scale`, `precision`, `formats`, `lowerCase`, `default`, `defaultFrom`, `derivedFrom`, `computedAs`,
`acceptedSeverity`, `patternSeverity`, `knownIn`; and on both what `odcs_readings.py` lists.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from open_data_contract_standard.model import (
    CustomProperty,
    DataQuality,
    OpenDataContractStandard,
    SchemaObject,
    SchemaProperty,
)
from pydantic import ValidationError

from echo_quality.contract import Column, Contract, ContractError, Dialect, LogicalType, RowRule, Severity
from echo_quality.contract_checks import check_contract, refuse_unread
from echo_quality.extracts.declaration import Server, server_of
from echo_quality.odcs_readings import OF_COLUMN, OF_CONTRACT, reading_of, refuse_unused, totals_row_of
from echo_quality.over_time import PROPERTIES as PROPERTIES_OVER_TIME
from echo_quality.over_time import over_time
from echo_quality.seeds import labels_of
from echo_quality.streams.contract import is_stream
from echo_quality.yaml_files import from_yaml

_NAME = re.compile(r"^[a-z][a-z0-9_]{0,39}$")
_VERSION = re.compile(r"^\d+\.\d+\.\d+$")
_TYPES = {"object": LogicalType.JSON, "array": LogicalType.JSON}
_PROPERTIES_OF_DIALECT = ("encoding", "delimiter", "sheet", "headerRow", "headerRows")
_PROPERTIES_OF_CONTRACT = frozenset(
    {"suite", "eventColumn", "conserved", "maxRejectedShare", "timezone", "heldBy", *_PROPERTIES_OF_DIALECT}
)
_PROPERTIES_OF_COLUMN = frozenset(
    {
        "scale", "precision", "formats", "lowerCase", "default", "defaultFrom", "derivedFrom", "computedAs",
        "acceptedSeverity", "patternSeverity", "knownIn", "identifies", *OF_COLUMN,
    }
)  # fmt: skip
_OPTIONS = frozenset({"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "maxLength", "pattern"})
_LONGEST_IN_KEY = 200
"""Characters: the index over a key has room for three such texts."""


def read_contracts(folder: Path) -> dict[str, Contract]:
    """All contracts of files by source, in name order; ContractError names the file and the fix.

    Contracts of event streams lie in the same folder and are read by `streams/reading.py`.
    """
    paths = [path for path in sorted(folder.glob("*.yaml")) if not is_stream(path)]
    if not paths:
        raise ContractError(f"no contract in {folder}: put one <source>.yaml there for each source")
    contracts = [read_contract(path) for path in paths]
    return {contract.source: contract for contract in contracts}


def read_contract(path: Path) -> Contract:
    """One contract; its source is the file's stem."""
    try:
        return _contract_of(path.stem, path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: not valid YAML: {error}") from error
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())
        raise ContractError(f"{path}: not an Open Data Contract Standard v3 contract: {problems}") from error
    except (ContractError, TypeError, ValueError) as error:
        raise ContractError(f"{path}: {error}") from error


@functools.lru_cache(maxsize=64)
def _contract_of(source: str, text: str) -> Contract:
    """Reading YAML takes longer than most of what is asked of a contract, and one command asks many times."""
    written = from_yaml(text)
    if not isinstance(written, dict):
        raise ContractError(f"holds no mapping but {type(written).__name__}: write an Open Data Contract here")
    standard = OpenDataContractStandard(**written)
    refuse_unread(written, standard.model_dump(exclude_unset=True, by_alias=True))
    return _contract(source, standard)


def _contract(source: str, standard: OpenDataContractStandard) -> Contract:
    schema = _only_schema(source, standard)
    custom = _custom(
        standard.customProperties, _PROPERTIES_OF_CONTRACT | PROPERTIES_OVER_TIME | OF_CONTRACT, "the contract"
    )
    columns = tuple(column_of(written, custom) for written in schema.properties or [])
    contract = Contract(
        source=source,
        version=version_of(standard.version),
        owner=owner_of(standard),
        description=sentence(standard.description.purpose if standard.description else None),
        grain=sentence(schema.dataGranularityDescription),
        columns=columns,
        key=key_of(schema.properties or []),
        rules=tuple(_row_rule(quality, columns) for quality in schema.quality or []),
        event_column=str(custom.get("eventColumn") or ""),
        suite=str(custom.get("suite") or f"raw_{source}_data"),
        conserved=custom.get("conserved"),
        timezone=str(custom.get("timezone") or "UTC"),
        max_rejected_share=_share(custom.get("maxRejectedShare", 0.05)),
        freshness_hours=_freshness(standard),
        server=_server(standard),
        over_time=over_time(custom, standard.slaProperties or [], f"{source}.{custom.get('eventColumn')}"),
        dialect=Dialect(*(custom.get(name) for name in _PROPERTIES_OF_DIALECT)),
        totals_row=totals_row_of(custom),
        held_by=tuple(custom.get("heldBy", ())),
    )
    check_contract(contract)
    return contract


def _only_schema(source: str, standard: OpenDataContractStandard) -> SchemaObject:
    schemas = standard.schema_ or []
    if len(schemas) != 1 or schemas[0].name != source:
        raise ContractError(f"`schema` must hold exactly one object, named {source!r} like the file")
    if not _NAME.match(source):
        raise ContractError(f"source name {source!r} must be lower case letters, digits and _, at most 40")
    return schemas[0]


def _server(standard: OpenDataContractStandard) -> Server | None:
    with _blamed_on("servers"):
        return server_of(standard.servers or [])


def _share(written: Any) -> float:
    with _blamed_on("maxRejectedShare"):
        return float(written)


def column_of(written: SchemaProperty, of_contract: dict[str, Any]) -> Column:
    """One column; `of_contract` are the contract's own custom properties, which may say how its columns are read."""
    name = written.name or ""
    if not _NAME.match(name):
        raise ContractError(f"column name {name!r} must be lower case letters, digits and _, at most 40")
    if written.quality or written.unique:
        raise ContractError(f"column {name!r}: `quality` belongs to the schema object, and `unique` is what a key is")
    custom = _custom(written.customProperties, _PROPERTIES_OF_COLUMN, f"column {name!r}")
    with _blamed_on(f"column {name!r}"):
        column = _read_column(written, name, custom, _options(written))
        return _with_reading(column, {} if column.computed_as else of_contract, custom)


def _read_column(written: SchemaProperty, name: str, custom: dict[str, Any], options: dict[str, Any]) -> Column:
    return Column(
        name=name,
        logical_type=_logical_type(name, written.logicalType),
        description=sentence(written.description),
        required=bool(written.required),
        precision=int(custom.get("precision", 18)),
        scale=int(custom.get("scale", 2)),
        aliases=tuple(str(synonym.synonym) for synonym in written.synonyms or []),
        formats=tuple(custom.get("formats", ())),
        accepted=tuple(str(value.value) for value in written.enum or []),
        counted=tuple(str(value.value) for value in written.enum or [] if value.label == "counted"),
        lower_case=bool(custom.get("lowerCase", False)),
        accepted_severity=Severity(custom.get("acceptedSeverity", "error")),
        known_in=custom.get("knownIn"),
        known=labels_of(custom["knownIn"]) if "knownIn" in custom else (),
        minimum=_bound(options, "minimum", "exclusiveMinimum", ">"),
        maximum=_bound(options, "maximum", "exclusiveMaximum", "<"),
        longest=options.get("maxLength"),
        pattern=options.get("pattern"),
        pattern_severity=Severity(custom.get("patternSeverity", "error")),
        derived_from=tuple(custom.get("derivedFrom", ())),
        computed_as=custom.get("computedAs"),
        default_from=custom.get("defaultFrom"),
        default=None if custom.get("default") is None else str(custom["default"]),
        personal=written.classification == "personal",
        identifies=custom.get("identifies"),
    )


def _with_reading(column: Column, of_contract: dict[str, Any], custom: dict[str, Any]) -> Column:
    try:
        refuse_unused(column, custom)
        return replace(column, reading=reading_of(column.logical_type, of_contract, custom))
    except ContractError as error:
        raise ContractError(f"column {column.name!r}: {error}") from error


def _options(written: SchemaProperty) -> dict[str, Any]:
    options = dict(written.logicalTypeOptions or {})
    if unknown := sorted(set(options) - _OPTIONS):
        known = ", ".join(sorted(_OPTIONS))
        raise ContractError(f"unknown logicalTypeOptions {unknown} of column {written.name!r}; known: {known}")
    if written.primaryKey and written.logicalType == LogicalType.STRING:
        options["maxLength"] = min(int(options.get("maxLength", _LONGEST_IN_KEY)), _LONGEST_IN_KEY)
    return options


def _bound(options: dict[str, Any], inclusive: str, exclusive: str, sign: str) -> str | None:
    """A bound as text: `5` for an inclusive one, `>5` or `<5` for an exclusive one."""
    if inclusive in options and exclusive in options:
        raise ValueError(f"has both {inclusive} and {exclusive}: keep one")
    for bound, prefix in ((inclusive, ""), (exclusive, sign)):
        if bound in options:
            return prefix + format(Decimal(str(options[bound])), "f")
    return None


def _row_rule(quality: DataQuality, columns: Iterable[Column]) -> RowRule:
    name, expression = quality.name or "", str(quality.implementation or "")
    if not _NAME.match(name) or not expression:
        raise ContractError(f"quality rule {name!r} needs a lower-case name and an `implementation` in SQL")
    words = set(re.findall(r"[a-z_][a-z0-9_]*", expression))
    used = tuple(column.name for column in columns if column.name in words)
    if not used:
        raise ContractError(f"quality rule {name!r} uses no column of the contract: {expression!r}")
    with _blamed_on(f"quality rule {name!r}"):
        severity = Severity(quality.severity or "error")
    return RowRule(name, expression, used, severity, sentence(quality.description))


def key_of(properties: Iterable[SchemaProperty]) -> tuple[str, ...]:
    """The names of the columns that identify a row, in the order of their positions."""
    keyed = [column for column in properties if column.primaryKey]
    keyed.sort(key=lambda column: column.primaryKeyPosition or 1)
    return tuple(str(column.name) for column in keyed)


def _logical_type(name: str, written: str | None) -> LogicalType:
    if written in _TYPES:
        return _TYPES[written]
    try:
        return LogicalType(written or "")
    except ValueError:
        known = ", ".join(kind.value for kind in LogicalType if kind is not LogicalType.JSON)
        raise ContractError(f"column {name!r} has logicalType {written!r}; use one of {known}, object") from None


def version_of(written: str | None) -> str:
    """The version; ContractError if it is not three numbers."""
    if written is None or not _VERSION.match(written):
        raise ContractError(f"version {written!r} must be three numbers in quotes, such as '1.0.0'")
    return written


def owner_of(standard: OpenDataContractStandard) -> str:
    """Who answers for the contract."""
    members = standard.team if isinstance(standard.team, list) else (standard.team.members if standard.team else None)
    owners = [member.username for member in members or [] if member.role == "owner" and member.username]
    if not owners:
        raise ContractError("`team` must name a member with role owner: somebody answers for these numbers")
    return owners[0]


def _freshness(standard: OpenDataContractStandard) -> float | None:
    hours = {"h": 1.0, "d": 24.0}
    for sla in standard.slaProperties or []:
        if sla.property == "frequency":
            if sla.unit not in hours:
                raise ContractError(f"slaProperties frequency has unit {sla.unit!r}; use one of {', '.join(hours)}")
            with _blamed_on("slaProperties frequency"):
                return float(str(sla.value)) * hours[str(sla.unit)]
    return None


@contextmanager
def _blamed_on(offender: str) -> Iterator[None]:
    """A value that cannot be read names the part that it belongs to."""
    try:
        yield
    except ContractError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        raise ContractError(f"{offender}: {error}") from error


def _custom(written: list[CustomProperty] | None, known: frozenset[str], owner: str) -> dict[str, Any]:
    values = {str(item.property): item.value for item in written or []}
    if unknown := sorted(set(values) - known):
        raise ContractError(f"unknown customProperties {unknown} of {owner}; known: {sorted(known)}")
    return values


def sentence(text: str | None) -> str:
    """A text in one line."""
    return " ".join((text or "").split())
