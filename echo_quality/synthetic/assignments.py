"""`experiment_assignments`: who saw which arm, and who converted when and for how much.

Users are split exactly as designed, so that no sample ratio check fires by chance; conversions are drawn. A user
converts after the assignment and before the experiment ends.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.experiments import DESIGNS, Design
from echo_quality.synthetic.period import SECONDS_A_DAY, Flags, Ints, Period, stream
from echo_quality.synthetic.population import Population
from echo_quality.synthetic.recipes import Fault, Piece, Recipe
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth_counts import SourceTruth

FILES = ("experiment_assignments_1.csv", "experiment_assignments_2.csv")
FAULTS = (
    Fault.of("missing_variant", "variant", ""),
    Fault.of("impossible_assigned_at", "assigned_at", "2024-11-31T00:00:00Z"),
    Fault.of("converted_not_a_flag", "converted", "perhaps"),
    Fault.of("revenue_not_a_number", "revenue", "lots", converted="true"),
    Fault.of("missing_user", "user_id", ""),
)
LEAST_USERS, MOST_USERS = 600, 100_000

_CONVERTS_WITHIN = 3 * SECONDS_A_DAY
_CENTS = (1_900, 19_900)


@dataclass(frozen=True)
class Assigned:
    """The users of one experiment; `number` counts users, or customers where these are the unit, from 1."""

    design: Design
    number: Ints
    arm: Ints
    assigned_at: Ints
    converted: Flags
    converted_at: Ints
    cents: Ints


def draw_assignments(rows: int, population: Population, seed: int, period: Period) -> list[Assigned]:
    """Draw the users of every experiment; a user is in one experiment only, a customer may be in any."""
    drawn: list[Assigned] = []
    next_user = 1
    for design in DESIGNS:
        rng = stream(seed, "assignments", design.experiment_id)
        if design.unit == "customer":
            there = population.created_at < design.times(period)[0]
            number = rng.permutation(np.flatnonzero(there)) + 1
        else:
            users = min(MOST_USERS, max(LEAST_USERS, int(rows / design.rows_a_user)))
            number = np.arange(next_user, next_user + users)
            next_user += users
        drawn.append(_draw(rng, design, number, period))
    return drawn


def _draw(rng: np.random.Generator, design: Design, number: Ints, period: Period) -> Assigned:
    count = len(number)
    shares = np.array([share for _, share, _ in design.arms])
    rates = np.array([rate for _, _, rate in design.arms]) / 100
    ends_of_arms = np.rint(np.cumsum(shares) * count / 100)
    arm = rng.permutation(np.searchsorted(ends_of_arms, np.arange(count), side="right"))
    begins, ends = design.times(period)
    assigned_at = np.sort(rng.integers(begins, ends - _CONVERTS_WITHIN - SECONDS_A_DAY, count))
    converted = rng.random(count) < rates[arm]
    return Assigned(
        design=design,
        number=number,
        arm=arm,
        assigned_at=assigned_at,
        converted=converted,
        converted_at=assigned_at + 60 + rng.integers(0, _CONVERTS_WITHIN, count),
        cents=np.where(converted, rng.integers(*_CENTS, count), 0),
    )


def write_assignments(out: Path, drawn: list[Assigned], seed: int, period: Period) -> SourceTruth:
    """Write the source, the experiments one after the other in each file."""
    users = sum(len(assigned.number) for assigned in drawn)
    recipe = Recipe("experiment_assignments", "user_id", "U", 7, users + 1, FAULTS)
    parts = [by_file(partial(_piece, assigned), period.file_of(assigned.assigned_at)) for assigned in drawn]

    def pieces(file: int) -> Iterator[Piece]:
        return chain.from_iterable(part(file) for part in parts)

    return ship(out, recipe, FILES, pieces, stream(seed, "assignments", "planting"))


def _piece(assigned: Assigned, at: Ints) -> Piece:
    """Some users; a correction is one who was first reported as not converted."""
    design, converted = assigned.design, assigned.converted[at]
    prefix, width = ("C", 6) if design.unit == "customer" else ("U", 7)
    rows = pa.table(
        {
            "experiment_id": cells.chosen((design.experiment_id,), np.zeros_like(at)),
            "user_id": cells.numbered(prefix, assigned.number[at], width),
            "variant": cells.chosen([name for name, _, _ in design.arms], assigned.arm[at]),
            "assigned_at": cells.instants(assigned.assigned_at[at]),
            "converted": cells.chosen(("false", "true"), converted.astype(np.int64)),
            "converted_at": cells.only(converted, cells.instants(assigned.converted_at[at])),
            "revenue": cells.only(converted, cells.cents(assigned.cents[at])),
        }
    )
    empty = cells.chosen((), np.full(len(at), -1))
    return Piece(
        rows, {"converted": cells.chosen(("false",), np.zeros_like(at)), "converted_at": empty, "revenue": empty}
    )
