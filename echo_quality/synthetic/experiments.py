"""`experiments`: the registry of three experiments of known effect; one of them has none, one has four arms.

Must not live here: who is assigned (assignments.py), or what came of it (experiment_truth.py).
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from echo_quality.synthetic.files import write_quoted
from echo_quality.synthetic.period import SECONDS_A_DAY, Period
from echo_quality.synthetic.tally import FileTally, source_truth
from echo_quality.synthetic.truth_counts import SourceTruth

FILE = "experiments.csv"


@dataclass(frozen=True)
class Design:
    """One experiment: arms with designed share and true rate in percent, control first; times as shares of the period.

    `rows_a_user` transactions make one user; customers are the units where `unit` says so.
    """

    experiment_id: str
    name: str
    unit: str
    arms: tuple[tuple[str, int, int], ...]
    begins: float
    ends: float
    mde: str
    looks: str
    rows_a_user: float

    @property
    def has_effect(self) -> bool:
        """Whether any arm differs from control."""
        return len({rate for _, _, rate in self.arms}) > 1

    def times(self, period: Period) -> tuple[int, int]:
        """First and last instant (exclusive), on whole days; eight days at least."""
        first = period.first_day + int(period.days * self.begins)
        last = max(first + 8, period.first_day + int(period.days * self.ends))
        return first * SECONDS_A_DAY, last * SECONDS_A_DAY


DESIGNS = (
    Design(
        experiment_id="EXP-001",
        name="Checkout button",
        unit="user",
        arms=(("control", 50, 10), ("treatment", 50, 14)),
        begins=0.1,
        ends=0.25,
        mde="0.03",
        looks="5",
        rows_a_user=5.0,
    ),
    Design(
        experiment_id="EXP-002",
        name="Onboarding tour",
        unit="customer",
        arms=(("control", 50, 25), ("treatment", 50, 25)),
        begins=0.55,
        ends=0.75,
        mde="0.05",
        looks="unplanned",
        rows_a_user=0.0,
    ),
    Design(
        experiment_id="EXP-003",
        name="Pricing page",
        unit="user",
        arms=(("control", 50, 12), ("variant_a", 25, 12), ("variant_b", 15, 15), ("variant_c", 10, 20)),
        begins=0.6,
        ends=0.8,
        mde="0.04",
        looks="unplanned",
        rows_a_user=2.5,
    ),
)


def write_experiments(out: Path, period: Period) -> SourceTruth:
    """Write the registry: one file, nothing planted (one bad row in so few would refuse the file)."""
    folder = out / "experiments"
    folder.mkdir()
    write_quoted(folder / FILE, [_registry_row(design, period) for design in DESIGNS])
    return source_truth({FILE: FileTally(rows=len(DESIGNS)).truth()}, [])


def _registry_row(design: Design, period: Period) -> dict[str, str]:
    begins, ends = (str(np.datetime64(instant, "s")) + "Z" for instant in design.times(period))
    return {
        "experiment_id": design.experiment_id,
        "name": design.name,
        "unit": design.unit,
        "arms": json.dumps({arm: share / 100 for arm, share, _ in design.arms}),
        "control": design.arms[0][0],
        "primary_metric": "conversion_rate",
        "secondary_metrics": json.dumps(["revenue_per_user"]),
        "guardrails": json.dumps({"revenue_per_user": 0.05}),
        "mde": design.mde,
        "alpha": "0.05",
        "power": "0.8",
        "looks": design.looks,
        "started_at": begins,
        "ends_at": ends,
        "min_days": "7",
    }
