"""Counting what typing made of the rows of one load, batch by batch."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from echo_quality.contract import Contract
from echo_quality.rules import rules_of

if TYPE_CHECKING:
    import pyarrow


@dataclass
class Tally:
    """Rows and money by fate, broken rules by number, business days touched. Grows with `add`.

    `repeated` are those of the duplicates whose equal stands in another load; their rows wait in the shadow table.
    """

    contract: Contract
    good: int = 0
    bad: int = 0
    duplicates: int = 0
    repeated: int = 0
    money_good: Decimal = Decimal(0)
    money_bad: Decimal = Decimal(0)
    money_duplicates: Decimal = Decimal(0)
    money_repeated: Decimal = Decimal(0)
    days: set[datetime.date] = field(default_factory=set)
    broken: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """All rows of the load."""
        return self.good + self.bad + self.duplicates

    @property
    def money(self) -> Decimal:
        """The conserved column over all rows of the load that have a readable value."""
        return self.money_good + self.money_bad + self.money_duplicates

    @property
    def rejected_share(self) -> float:
        """Quarantined rows as a share of all rows; 0 for a load without rows."""
        return self.bad / self.rows if self.rows else 0.0

    @property
    def violations(self) -> dict[str, int]:
        """How many rows break each rule, by the rule's name; rules that hold are there with 0."""
        return {rule.name: self.broken[str(number)] for number, rule in enumerate(rules_of(self.contract))}

    def add(self, good: pyarrow.RecordBatch, bad: pyarrow.RecordBatch, duplicates: pyarrow.RecordBatch) -> None:
        """Count one batch, already divided by fate."""
        import pyarrow.compute

        self.good += good.num_rows
        self.bad += bad.num_rows
        self.duplicates += duplicates.num_rows
        self.days.update(day for day in pyarrow.compute.unique(good["_event_day"]).to_pylist() if day)
        self.money_good += self._money(good)
        self.money_bad += self._money(bad)
        self.money_duplicates += self._money(duplicates)
        for batch in (good, bad, duplicates):
            for column in ("_violations", "_warnings"):
                self._count_broken(batch[column])

    def repeat(self, rows: int, money: Decimal) -> None:
        """Count good rows as duplicates after all, because another load already has them."""
        self.good, self.duplicates, self.repeated = self.good - rows, self.duplicates + rows, rows
        self.money_good -= money
        self.money_duplicates += money
        self.money_repeated = money

    def _money(self, batch: pyarrow.RecordBatch) -> Decimal:
        import pyarrow.compute

        if self.contract.conserved is None:
            return Decimal(0)
        return pyarrow.compute.sum(batch[self.contract.conserved]).as_py() or Decimal(0)

    def _count_broken(self, numbers: pyarrow.Array) -> None:
        for counted in numbers.value_counts().to_pylist() if numbers.null_count < len(numbers) else ():
            for number in (counted["values"] or "").split(","):
                self.broken[number] += counted["counts"]
