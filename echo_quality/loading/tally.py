"""Counting what typing made of the rows of one load, batch by batch."""

from __future__ import annotations

import datetime
from collections import Counter
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from echo_quality.contract import Contract
from echo_quality.last_row import NOTE
from echo_quality.normalisations import normalisations_of
from echo_quality.rules import rules_of

if TYPE_CHECKING:
    import pyarrow


_FEWEST_ROWS = 3


@dataclass(frozen=True, order=True)
class _LastRow:
    """The row with the highest number so far, what it is worth, and whether it would be published."""

    row_id: int = -1
    money: Decimal | None = field(default=None, compare=False)
    is_good: bool = field(default=False, compare=False)

    @classmethod
    def of(cls, batch: pyarrow.RecordBatch, money: str, *, is_good: bool) -> _LastRow:
        """The last row of a batch; batches keep the order of the file."""
        return cls(batch["_row_id"][-1].as_py(), batch[money][-1].as_py(), is_good)


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
    changed: Counter[str] = field(default_factory=Counter)
    last: _LastRow = field(default_factory=_LastRow)

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

    @property
    def normalised(self) -> dict[str, dict[str, int]]:
        """How many cells of each column were changed before they were read, by what was done to them."""
        cells: dict[str, dict[str, int]] = {}
        for number, each in enumerate(normalisations_of(self.contract)):
            if count := self.changed[str(number)]:
                cells.setdefault(each.column, {})[each.change.value] = count
        return cells

    @property
    def notes(self) -> dict[str, Any]:
        """What the ledger keeps beside the counts."""
        notes: dict[str, Any] = {"repeated": self.repeated, "money_repeated": str(self.money_repeated)}
        if self.changed:
            notes["normalised"] = self.normalised
        if self._last_row_sums_up:
            notes[NOTE] = str(self.last.money)
        return notes

    @property
    def _last_row_sums_up(self) -> bool:
        """Whether the last of three rows or more is good, and what the others add up to; a declared total is not."""
        money = self.last.money
        if self.contract.totals_row or not self.last.is_good or not money or self.rows < _FEWEST_ROWS:
            return False
        return self.money - money == money

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
                self._count_numbers(batch[column], self.broken)
            if "_normalised" in batch.schema.names:
                self._count_numbers(batch["_normalised"], self.changed)
            if batch.num_rows and self.contract.conserved:
                self.last = max(self.last, _LastRow.of(batch, self.contract.conserved, is_good=batch is good))

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

    @staticmethod
    def _count_numbers(numbers: pyarrow.Array, counts: Counter[str]) -> None:
        """Count lists of numbers, comma separated; most rows have none."""
        for counted in numbers.value_counts().to_pylist() if numbers.null_count < len(numbers) else ():
            for number in (counted["values"] or "").split(","):
                counts[number] += counted["counts"]
