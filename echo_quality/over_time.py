"""What a contract asks of its loads over time: how fresh, how usual, and what a changed header means.

The values and how they are written down: `customProperties` `schemaMode`, `driftWindow`, `driftThreshold`,
`driftMinimum`, `driftSeverity`, and `slaProperties` `latency` (also `freshness`). What is made of them is in `drift/`,
`freshness.py` and `schema_changes.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from open_data_contract_standard.model import ServiceLevelAgreementProperty

PROPERTIES = frozenset({"schemaMode", "driftWindow", "driftThreshold", "driftMinimum", "driftSeverity"})
_HOURS = {"h": 1.0, "d": 24.0}
_EVENT_TIME = ("latency", "freshness")
_OTHERS = (
    "frequency", "retention", "availability", "generalAvailability", "timeOfAvailability", "endOfSupport",
    "endOfLife", "throughput", "errorRate", "timeToDetect", "timeToNotify", "timeToRepair",
)  # fmt: skip
"""What the standard knows beside it; none but frequency is asked of the data."""


class SchemaMode(StrEnum):
    """The answer to a changed header: `evolve` keeps what is new, `discard` drops it, `freeze` refuses the file."""

    EVOLVE = "evolve"
    FREEZE = "freeze"
    DISCARD = "discard"


class DriftSeverity(StrEnum):
    """What an unusual load is: a warning, an error, or an error that holds back what is built on the source."""

    WARNING = "warning"
    ERROR = "error"
    BLOCKING = "blocking"


@dataclass(frozen=True)
class Drift:
    """A point is compared with up to `window` points before it; nothing is judged with fewer than `minimum`.

    `threshold` is in robust standard deviations. It is high because many figures are judged at each load.
    """

    window: int = 30
    threshold: float = 6.0
    minimum: int = 8
    severity: DriftSeverity = DriftSeverity.WARNING


@dataclass(frozen=True)
class OverTime:
    """Everything of a contract that is about more than one load. `event_hours` bounds the age of the newest event."""

    schema_mode: SchemaMode = SchemaMode.EVOLVE
    drift: Drift = field(default_factory=Drift)
    event_hours: float | None = None


def over_time(
    custom: Mapping[str, Any], agreed: Iterable[ServiceLevelAgreementProperty], event_element: str
) -> OverTime:
    """Read it from a contract's custom properties and service levels; ValueError names the property."""
    plain = Drift()
    drift = Drift(
        window=_whole(custom, "driftWindow", plain.window),
        threshold=_number(custom, "driftThreshold", plain.threshold),
        minimum=_whole(custom, "driftMinimum", plain.minimum),
        severity=DriftSeverity(_one_of(custom, "driftSeverity", [each.value for each in DriftSeverity], "warning")),
    )
    if drift.minimum > drift.window:
        raise ValueError(
            f"driftMinimum {drift.minimum} is more than driftWindow {drift.window}: nothing would be judged"
        )
    mode = SchemaMode(_one_of(custom, "schemaMode", [each.value for each in SchemaMode], "evolve"))
    return OverTime(mode, drift, _event_hours(agreed, event_element))


def _event_hours(agreed: Iterable[ServiceLevelAgreementProperty], event_element: str) -> float | None:
    written = list(agreed)
    if unknown := [str(sla.property) for sla in written if sla.property not in (*_EVENT_TIME, *_OTHERS)]:
        raise ValueError(f"unknown slaProperties {', '.join(unknown)}: frequency and latency are asked of the data")
    found = [sla for sla in written if sla.property in _EVENT_TIME]
    if not found:
        return None
    if len(found) > 1:
        raise ValueError(f"slaProperties {found[1].property}: the age of the newest event is bounded twice; keep one")
    [sla] = found
    if sla.element and sla.element != event_element:
        raise ValueError(f"slaProperties {sla.property} is about {sla.element!r}; it must be about {event_element!r}")
    if sla.unit not in _HOURS:
        raise ValueError(f"slaProperties {sla.property} has unit {sla.unit!r}; use one of {', '.join(_HOURS)}")
    return _positive(f"slaProperties {sla.property}", sla.value) * _HOURS[str(sla.unit)]


def _whole(custom: Mapping[str, Any], name: str, default: int) -> int:
    value: object = custom.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not 3 <= value <= 1000:
        raise ValueError(f"{name} {value!r} must be a whole number from 3 to 1000")
    return value


def _number(custom: Mapping[str, Any], name: str, default: float) -> float:
    return _positive(name, custom.get(name, default))


def _positive(name: str, value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        number = 0.0
    if not 0 < number < float("inf"):
        raise ValueError(f"{name} {value!r} must be a number above 0")
    return number


def _one_of(custom: Mapping[str, Any], name: str, known: list[str], default: str) -> str:
    value = str(custom.get(name, default))
    if value not in known:
        raise ValueError(f"{name} {value!r} is not known; use one of {', '.join(known)}")
    return value
