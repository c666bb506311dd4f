"""How much of a file is read before it is turned away. The values are settings; a message names the one it met.

A limit that concerns one row costs that row, which goes to quarantine; one that concerns the file refuses it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from echo_quality.loading.refusal import RefusedFile

_HARMLESS = 16 << 20
"""Bytes: what unpacks to no more than this is no bomb, whatever it came from."""
MEGABYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """One value a setting, which is called `ECHO_MAX_` and the field's name in capitals."""

    line_characters: int = 4_000_000
    field_characters: int = 1_000_000
    columns: int = 1_000
    workbook_mb: int = 512
    unpacked_mb: int = 20_000
    unpacked_ratio: int = 250

    @staticmethod
    def setting(name: str) -> str:
        """The environment variable of a limit."""
        return f"ECHO_MAX_{name.upper()}"

    def named(self, name: str) -> str:
        """A limit with its setting and value, as messages show it."""
        return f"{self.setting(name)}={getattr(self, name)}"

    def over(self, name: str, what: str) -> OverLimit:
        """The refusal of a file for this limit; `what` is a clause such as `the header has 5000 columns`."""
        return OverLimit(f"{what}, more than {self.named(name)} allows: raise it if this is meant", {name: self})

    def check_columns(self, columns: int) -> None:
        """OverLimit for a header that has too many fields."""
        if columns > self.columns:
            raise self.over("columns", f"the header has {columns} columns")

    def check_unpacked(self, unpacked: int, packed: int) -> None:
        """OverLimit once so much came out of so many packed bytes."""
        if unpacked > self.unpacked_mb * MEGABYTE:
            raise self.over("unpacked_mb", f"the file unpacks to {unpacked // MEGABYTE} MB or more")
        if unpacked > max(_HARMLESS, packed * self.unpacked_ratio):
            raise self.over("unpacked_ratio", f"it unpacks to {unpacked // max(packed, 1)} times its size or more")

    @classmethod
    def from_notes(cls, notes: Mapping[str, Any]) -> Limits:
        """The limits that a load was landed under, so that the same rows are read when it is published."""
        kept = notes.get("limits", {})
        return cls(**{each.name: kept[each.name] for each in fields(cls) if each.name in kept})

    def as_notes(self) -> dict[str, dict[str, int]]:
        """What `from_notes` reads: the limits that are not the default."""
        changed = {name: value for name, value in asdict(self).items() if value != getattr(Limits, name)}
        return {"limits": changed} if changed else {}


class OverLimit(RefusedFile):
    """A file that is larger, in some way, than the settings allow."""

    def __init__(self, message: str, met: Mapping[str, Limits]) -> None:
        """`met` names the limit."""
        super().__init__(message, {"over_limit": {name: getattr(limits, name) for name, limits in met.items()}})


def is_raised(notes: Mapping[str, Any], limits: Limits) -> bool:
    """Whether the limit that a load was refused for has changed since."""
    met = notes.get("over_limit", {})
    return any(getattr(limits, name, value) != value for name, value in met.items())
