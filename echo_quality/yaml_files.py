"""Reading YAML: safely, and by the C library where it is there, which takes a tenth of the time."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def from_yaml(text: str) -> Any:
    """What the text holds; yaml.YAMLError where it is none."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506 - either of them is safe
