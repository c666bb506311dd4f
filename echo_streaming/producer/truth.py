"""What must be in the tables once a stream was consumed: counted from what was sent, as nobody counts it elsewhere."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from echo_streaming.events.types import KINDS, Transaction, TransactionData
from echo_streaming.producer.synthetic import Sent

_COUNTED = {"paid", "completed"}


@dataclass
class Truth:
    """Counts of records and events, and revenue by the latest event of each sale."""

    records: int = 0
    malformed: int = 0
    repeated: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    sales: dict[str, tuple[datetime, str, TransactionData]] = field(default_factory=dict)
    seen: set[str] = field(default_factory=set)

    def add(self, sent: Sent) -> None:
        """Count a record."""
        self.records += 1
        event = sent.event
        if event is None:
            self.malformed += 1
        elif event.id in self.seen:
            self.repeated += 1
        else:
            self.seen.add(event.id)
            self.kinds[KINDS[type(event)]] += 1
            if isinstance(event, Transaction):
                latest = (datetime.fromisoformat(event.time), event.id, event.data)
                known = self.sales.get(event.data.transaction_id)
                if known is None or latest[:2] > known[:2]:
                    self.sales[event.data.transaction_id] = latest

    def as_json(self) -> dict[str, Any]:
        """For a machine, with money as text."""
        counted = [data for _, _, data in self.sales.values() if data.status in _COUNTED]
        return {
            "records": self.records,
            "events": sum(self.kinds.values()),
            "malformed": self.malformed,
            "repeated": self.repeated,
            **{f"{kind}_events": self.kinds[kind] for kind in KINDS.values()},
            "transactions": len(self.sales),
            "orders": len(counted),
            "revenue": str(sum((Decimal(repr(data.amount)) for data in counted), Decimal(0))),
        }
