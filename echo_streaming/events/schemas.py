"""The generated JSON Schemas of events, where what they say is needed while running. Nothing validates here."""

from __future__ import annotations

import json
from functools import lru_cache
from importlib import resources
from typing import Any

from echo_streaming.events.types import TAGS


@lru_cache(maxsize=8)
def fields_of(kind: str) -> dict[str, Any]:
    """The fields of a kind's data, as its contract declares them."""
    name = f"{TAGS[kind].removeprefix('echo.')}.json"
    schema = json.loads(resources.files("echo_streaming").joinpath("schemas", name).read_text(encoding="utf-8"))
    fields: dict[str, Any] = schema["properties"]["data"]["properties"]
    return fields
