"""`customers`: an append-only log of versions, with updates that change something tracked, something else, or nothing.

Lives here: the log and the number of versions a slowly changing dimension must have. Must not live here: who the
customers are (population.py).
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from echo_quality.synthetic import cells
from echo_quality.synthetic.channels import CHANNELS
from echo_quality.synthetic.period import SECONDS_A_DAY, Flags, Ints, Period, stream
from echo_quality.synthetic.population import PLANS, SEGMENTS, Population
from echo_quality.synthetic.recipes import SHARES_OF_A_LOG, Fault, Piece, Recipe
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth_counts import Dimension, SourceTruth

FILES = ("customers_1.csv.gz", "customers_2.csv")
FAULTS = (
    Fault.of("missing_customer_id", "customer_id", ""),
    Fault.of("impossible_updated_at", "updated_at", "2024-13-01T00:00:00Z"),
    Fault.of("missing_updated_at", "updated_at", ""),
    Fault.of("impossible_created_at", "created_at", "2024-02-30T12:00:00Z"),
)
FIRST_NAMES = ("Ada", "Alan", "Barbara", "Carl", "Edsger", "Émilie", "Grace", "José", "Katherine", "Zoë")
LAST_NAMES = ("Bassi", "Curie", "Darwin", "Euler", "Fourier", "Gauß", "Hopper", "Muñoz", "Noether", "Østergård")
NAMES = [f"{first} {last}" for first in FIRST_NAMES for last in LAST_NAMES]

_ROUNDS = 4
_UPDATED_SHARE = 0.4
_DAYS_BETWEEN = 120.0
_FIRST_SEEN_LATE = 0.02
_NO_EMAIL = 0.01
_TRACKED = ("segment", "plan", "channel")
# What an update does; NO_OP and EMAIL make no version. The two TOGGLEs turn a value into NULL and NULL into a value.
_SEGMENT_UP, _SEGMENT_DOWN, _PLAN, _SEGMENT_TOGGLE, _PLAN_TOGGLE, _CHANNEL_TOGGLE, _EMAIL, _NO_OP = range(8)
_ACTION_SHARES = (0.16, 0.14, 0.16, 0.08, 0.08, 0.04, 0.14, 0.2)


@dataclass
class _Log:
    """The state of every customer, the rows written so far, and the versions among them."""

    state: dict[str, Ints]
    rows: list[dict[str, Ints]] = field(default_factory=list)
    versions: int = 0

    def write(self, who: Ints, updated_at: Ints) -> None:
        self.rows.append({"who": who, "updated_at": updated_at, **{name: of[who] for name, of in self.state.items()}})

    def collected(self) -> dict[str, Ints]:
        """All rows by updated_at."""
        joined = {name: np.concatenate([row[name] for row in self.rows]) for name in self.rows[0]}
        order = np.lexsort((joined["who"], joined["updated_at"]))
        return {name: values[order] for name, values in joined.items()}


def write_customers(out: Path, population: Population, seed: int, period: Period) -> tuple[SourceTruth, Dimension]:
    """Write the source and say how many versions its dimension must have."""
    rng = stream(seed, "customers")
    log = _history(rng, population, period)
    rows = log.collected()
    has_email = rng.random(population.size) >= _NO_EMAIL
    recipe = Recipe("customers", "customer_id", "C", 6, population.size + 1, FAULTS, SHARES_OF_A_LOG)
    pieces = by_file(lambda at: _piece(rows, at, population, has_email), period.file_of(rows["updated_at"]))
    return ship(out, recipe, FILES, pieces, rng), Dimension(population.size, log.versions)


def _history(rng: np.random.Generator, population: Population, period: Period) -> _Log:
    size = population.size
    log = _Log(
        {
            "segment": population.segment.copy(),
            "plan": population.plan.copy(),
            "channel": population.channel.copy(),
            "email": np.zeros(size, dtype=np.int64),
        }
    )
    late = rng.random(size) < _FIRST_SEEN_LATE
    now = np.minimum(population.created_at + late * rng.integers(0, 30 * SECONDS_A_DAY, size), period.end - 1)
    log.write(np.arange(size), now)
    log.versions = size
    for _ in range(_ROUNDS):
        chosen = rng.random(size) < _UPDATED_SHARE
        gaps = 3600 + (rng.exponential(_DAYS_BETWEEN * SECONDS_A_DAY, size)).astype(np.int64)
        now = np.where(chosen, now + gaps, now)
        who = np.flatnonzero(chosen & (now < period.end))
        log.versions += int(_update(rng, log.state, who).sum())
        log.write(who, now[who])
    return log


def _update(rng: np.random.Generator, state: dict[str, Ints], who: Ints) -> Flags:
    """Apply one drawn action to each of some customers; True where a tracked column changed."""
    action = rng.choice(len(_ACTION_SHARES), len(who), p=_ACTION_SHARES)
    old = {name: state[name][who] for name in _TRACKED}
    segment, plan, channel = old["segment"], old["plan"], old["channel"]
    step = (action == _SEGMENT_UP).astype(np.int64) - (action == _SEGMENT_DOWN)
    moved = np.where(segment < 0, segment, (segment + step) % len(SEGMENTS))
    new = {
        "segment": np.where(action == _SEGMENT_TOGGLE, _toggled(segment, 0), moved),
        "plan": np.where(action == _PLAN_TOGGLE, _toggled(plan, 1), plan),
        "channel": np.where(action == _CHANNEL_TOGGLE, _toggled(channel, 2), channel),
    }
    new["plan"] = np.where((action == _PLAN) & (plan >= 0), (plan + 1) % len(PLANS), new["plan"])
    changed = np.zeros(len(who), dtype=bool)
    for name in _TRACKED:
        changed |= new[name] != old[name]
        state[name][who] = new[name]
    state["email"][who] += action == _EMAIL
    return changed


def _toggled(values: Ints, otherwise: int) -> Ints:
    return np.where(values < 0, otherwise, -1)


def _email(who: Ints, version: Ints) -> pa.Array:
    user, change = cells.numbered("user", who + 1, 6), cells.numbered(".", version, 1)
    return pc.binary_join_element_wise(user, change, "@example.com", "")


def _piece(rows: dict[str, Ints], at: Ints, population: Population, has_email: Flags) -> Piece:
    """Some rows of the log; a correction is one that first came with another email."""
    who, email = rows["who"][at], rows["email"][at]
    table = pa.table(
        {
            "customer_id": cells.numbered("C", who + 1, 6),
            "updated_at": cells.instants(rows["updated_at"][at]),
            "email": cells.only(has_email[who], _email(who, email)),
            "name": cells.chosen(NAMES, (who * 7919) % len(NAMES)),
            "segment": cells.chosen(SEGMENTS, rows["segment"][at]),
            "plan_type": cells.chosen(PLANS, rows["plan"][at]),
            "acquisition_channel": cells.chosen(CHANNELS, rows["channel"][at]),
            "created_at": cells.instants(population.created_at[who]),
        }
    )
    return Piece(table, {"email": _email(who, email + 1)})
