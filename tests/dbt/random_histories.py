"""Random logs of customers and products, and what follows from them by brute force: a look at every hour."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import groupby

from dbt_warehouse import Warehouse

HOURS = range(0, 24 * 5, 6)
BASE = 1704067200  # 2024-01-01T00:00:00Z
INFINITE = float("inf")
DELETED = ("false", "false", "false", "true")

Value = str | Decimal | None
Version = tuple[tuple[Value, ...], Value, int | None, float, float]


@dataclass(frozen=True)
class Kind:
    """A source whose members have versions: its tracked columns, and the columns kept as last and as first known."""

    source: str
    tracked: tuple[str, ...]
    last_known: str
    values: Callable[[random.Random], dict[str, Value]]
    nullable_creation: bool


@dataclass(frozen=True)
class State:
    """One row of a log."""

    hour: int
    row_id: int
    columns: dict[str, Value]
    created_hour: int | None

    def tracked(self, kind: Kind) -> tuple[Value, ...]:
        return tuple(self.columns[name] for name in kind.tracked)

    @property
    def is_deleted(self) -> bool:
        return self.columns["is_deleted"] == "true"


@dataclass
class History:
    """All states of one member, in any order."""

    kind: Kind
    member: str
    states: list[State] = field(default_factory=list)

    def before(self, hour: int) -> State:
        """What was known before an hour: of the latest instant the last row; before anything, the first instant."""
        known = [state for state in self.states if state.hour < hour]
        if not known:
            first = min(state.hour for state in self.states)
            known = [state for state in self.states if state.hour == first]
        found = max(known, key=lambda state: (state.hour, state.row_id))
        return self._as_last_known(found) if found.is_deleted else found

    def _as_last_known(self, deletion: State) -> State:
        """A deletion with everything else as it was before, where it was known before."""
        until = sorted({state.hour for state in self.states if state.hour <= deletion.hour})
        lasts = [max((s for s in self.states if s.hour == hour), key=lambda s: s.row_id) for hour in until]
        known = next((state for state in reversed(lasts) if not state.is_deleted), lasts[0])
        return replace(known, columns=known.columns | {"is_deleted": "true"})

    def versions(self) -> list[Version]:
        """The versions, from looking at every hour: values, last known, first known, from, to."""
        seen = [(hour, self.before(hour + 1)) for hour in (-1, *HOURS)]
        runs = [(values, next(run)[0]) for values, run in groupby(seen, key=lambda pair: pair[1].tracked(self.kind))]
        starts = [-INFINITE, *(float(start) for _, start in runs[1:])]
        last = self.before(HOURS[-1] + 1).columns[self.kind.last_known]
        first = next((state.created_hour for _, state in seen if state.created_hour is not None), None)
        ends = [*starts[1:], INFINITE]
        return [(run[0], last, first, *span) for run, span in zip(runs, zip(starts, ends, strict=True), strict=True)]


def _customer(rng: random.Random) -> dict[str, Value]:
    return {
        "segment": rng.choice((None, "a", "b")),
        "plan_type": rng.choice((None, "a", "A")),
        "acquisition_channel": rng.choice(("", "a", "a", "a")),
        "email": rng.choice((None, "x@a", "y@a")),
        "is_deleted": rng.choice(DELETED),
    }


def _product(rng: random.Random) -> dict[str, Value]:
    return {
        "name": rng.choice(("Basic", "Basic", "Pro")),
        "category": rng.choice((None, "a", "a")),
        "price": rng.choice((None, Decimal("10.00"), Decimal("10.01"))),
        "is_active": rng.choice((None, "true", "false")),
        "is_deleted": rng.choice(DELETED),
    }


CUSTOMERS = Kind("customers", ("segment", "plan_type", "acquisition_channel", "is_deleted"), "email", _customer, False)
PRODUCTS = Kind("products", ("name", "category", "price", "is_deleted"), "is_active", _product, True)


def draw(kind: Kind, rng: random.Random, members: int) -> list[History]:
    """Histories of one to seven states: ties, repeated states, values that return, deletions, rows that arrive late."""
    row_ids = rng.sample(range(1 << 40), members * 8)
    return [_history(kind, f"{kind.source}{number:04}", rng, row_ids) for number in range(members)]


def _history(kind: Kind, member: str, rng: random.Random, row_ids: list[int]) -> History:
    history = History(kind, member)
    for _ in range(rng.randint(1, 7)):
        repeats = history.states and rng.random() < 0.4
        columns = rng.choice(history.states).columns if repeats else kind.values(rng)
        created = None if kind.nullable_creation and rng.random() < 0.5 else rng.choice(HOURS)
        history.states.append(State(rng.choice(HOURS), row_ids.pop(), columns, created))
    return history


def write(warehouse: Warehouse, histories: Iterable[History], rng: random.Random) -> None:
    """The logs into staging, in random order."""
    rows = [(history, state) for history in histories for state in history.states]
    rng.shuffle(rows)
    with warehouse.connection.transaction():
        for history, state in rows:
            warehouse.add(
                history.kind.source,
                **{f"{history.kind.source[:-1]}_id": history.member, "updated_at": instant(state.hour)},
                created_at=None if state.created_hour is None else instant(state.created_hour),
                **state.columns,
                _row_id=state.row_id,
            )


def instant(hour: int) -> str:
    """An hour of the drawn days as staging has it, written in another time zone."""
    day, rest = divmod(hour + 2, 24)
    return f"2024-01-{day + 1:02} {rest:02}:00:00+02"
