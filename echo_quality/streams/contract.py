"""What the contract of an event stream says, as frozen values, and how it is told from the contract of a source."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from echo_quality.contract import Column
from echo_quality.yaml_files import from_yaml


@dataclass(frozen=True)
class EventRule:
    """A condition over several fields of one event, as a part of a JSON Schema."""

    name: str
    description: str
    schema: Mapping[str, Any]


@dataclass(frozen=True)
class EventType:
    """One kind of event: the fields of its `data`, and which of them say what it is about."""

    kind: str
    grain: str
    fields: tuple[Column, ...]
    key: tuple[str, ...]
    rules: tuple[EventRule, ...] = ()


@dataclass(frozen=True)
class StreamContract:
    """All that is declared about one stream: what every event has, and the kinds of events."""

    source: str
    version: str
    owner: str
    description: str
    grain: str
    attributes: tuple[Column, ...]
    types: tuple[EventType, ...]

    def tag(self, kind: str) -> str:
        """The CloudEvents type of a kind, with the major version: events of one major version can be read alike."""
        return f"echo.{kind}.v{self.version.partition('.')[0]}"


def is_stream(path: Path) -> bool:
    """Whether a contract is of an event stream: its server is Kafka. What cannot be read is none."""
    text = path.read_bytes()
    return b"kafka" in text and _has_kafka(text)


@functools.lru_cache(maxsize=16)
def _has_kafka(text: bytes) -> bool:
    try:
        written = from_yaml(text.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    servers = written.get("servers") if isinstance(written, dict) else None
    return any(isinstance(server, dict) and server.get("type") == "kafka" for server in servers or ())
