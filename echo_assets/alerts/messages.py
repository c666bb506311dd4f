"""What an alert says: its subject, who answers, the rows behind it with personal data masked, where to look.

Pure: rows of `ops.alerts` in, text out. Sending it is in `alert_delivery.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

_ROWS = 5
_SUBJECTS = 20
_LONGEST_VALUE = 120
_LONGEST_BODY = 4000
_MARKUP = str.maketrans({"<": "‹", ">": "›", "`": "'", "\0": " "})  # noqa: RUF001 - looks the same and does nothing
_LOOK = "Look: `echoctl quality report` says what is red, since when and why; the runbook is docs/runbook.md."


@dataclass(frozen=True)
class Alert:
    """A row of `ops.alerts`, as far as telling it needs."""

    alert_id: int
    raised_at: datetime
    kind: str
    subject: str
    message: str
    run_id: str | None
    metadata: dict[str, Any] = field(repr=False)
    attempts: int = 0
    told: Sequence[str] = ()

    @property
    def place(self) -> str:
        """What it is about; alerts about the same go out in one message."""
        return str(self.metadata.get("place") or self.subject)


@dataclass(frozen=True)
class Message:
    """One message: a title, and a text about one or more alerts."""

    title: str
    body: str


def message_of(alerts: Sequence[Alert]) -> Message:
    """The message about alerts of one place, the most telling first: a refused load says more than its broken rules."""
    alerts = sorted(alerts, key=lambda alert: (alert.kind != "load_refused", alert.alert_id))
    first, others = alerts[0], alerts[1:]
    rows = [row for alert in alerts for row in alert.metadata.get("sample") or ()]
    lines = [first.subject, first.message, *_facts(first), *_sample(rows)]
    if others:
        lines += ["", "With it:", *(f"- {alert.subject}: {alert.message}" for alert in others[:_SUBJECTS])]
        lines += [f"- and {len(others) - _SUBJECTS} more"] if len(others) > _SUBJECTS else []
    more = f" (and {len(others)} more)" if others else ""
    return Message(
        _plain(f"Echo: {_KINDS.get(first.kind, first.kind)}: {first.subject}{more}"), _body([*lines, "", _LOOK])
    )


def summary_of(alerts: Sequence[Alert]) -> Message:
    """The one message about everything that was too much to tell one by one."""
    places = list(dict.fromkeys(alert.place for alert in alerts))
    lines = [f"- {place}" for place in places[:_SUBJECTS]]
    lines += [f"- and {len(places) - _SUBJECTS} more places"] if len(places) > _SUBJECTS else []
    since = min(alert.raised_at for alert in alerts).isoformat(" ", "minutes")
    return Message(f"Echo: {len(alerts)} more alerts", _body([f"Raised since {since}, about:", *lines, "", _LOOK]))


_KINDS = {
    "check_failure": "a check is red", "load_refused": "a file was refused", "run_failure": "a run failed",
    "restatement": "figures of a closed period changed",
}  # fmt: skip


def _facts(alert: Alert) -> Iterable[str]:
    if owner := alert.metadata.get("owner"):
        yield f"Owner: {owner}"
    if runbook := alert.metadata.get("runbook"):
        yield f"What to do: {runbook}"
    if alert.run_id:
        yield f"Run: {alert.run_id}"


def _sample(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    shown = [", ".join(f"{name}={_value(value)}" for name, value in row.items()) for row in rows[:_ROWS]]
    return ["Failing rows:", *(f"  {row}" for row in shown)] if shown else []


def _value(value: Any) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def _body(lines: Iterable[str]) -> str:
    text = "\n".join(_plain(line) for line in lines)
    return text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}…"


def _plain(text: str) -> str:
    """Text in which no chat sees markup or a mention, and that stays in its line."""
    return " ".join(text.translate(_MARKUP).replace("@", "@\u200b").split("\n"))
