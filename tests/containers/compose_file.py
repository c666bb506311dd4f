"""docker-compose.yml as data, and its services' commands as they can be run without containers; no tests."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from echo_assets.settings import PROJECT

OWN = ("prepare", "code", "webserver", "daemon", "mlflow", "serving", "consumer")
"""The services that run our image."""


def compose() -> dict[str, Any]:
    """The whole file, anchors resolved."""
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text(encoding="utf-8"))
    return loaded


def services() -> dict[str, dict[str, Any]]:
    """Every service by name."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def image_environment() -> dict[str, str]:
    """What the image's last stage sets, beside the path of its programs."""
    last_stage = (PROJECT / "Dockerfile").read_text(encoding="utf-8").rsplit("\nFROM ", 1)[1]
    found = dict(re.findall(r"^(?:ENV|   ) ?([A-Z_]+)=(\S+)", last_stage, re.MULTILINE))
    return {name: value for name, value in found.items() if name != "PATH"}


def as_process(words: list[str], stand_ins: Mapping[str, str]) -> list[str]:
    """A service's command, or the one of its health check, with our interpreter's programs and other addresses."""
    given = words[1:] if words[0] == "CMD" else words
    replaced = [_replaced(word, stand_ins) for word in given]
    ours = Path(sys.executable).with_name(replaced[0])
    return [str(ours) if ours.exists() else replaced[0], *replaced[1:]]


def _replaced(word: str, stand_ins: Mapping[str, str]) -> str:
    for inside, outside in stand_ins.items():
        word = re.sub(rf"(?<![\w.]){re.escape(inside)}(?![\w.])", outside, word)
    return word
