"""The row to add to the registry for an experiment that has none: what is known of it, and what to fill in.

Nothing is guessed: what was seen is filled in, what was planned is left to those who planned it.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import dataclass

from echo_ml.experiments.findings import Readout
from echo_ml.experiments.pages.wording import plain

FILL_IN = "FILL IN"
MEANINGS = {
    "experiment_id": "As it stands: how the assignments call it.",
    "name": "What people call it.",
    "unit": "What is assigned to an arm: user, customer or session.",
    "arms": "Every arm with its designed share; the shares add up to 1. The arms that were seen are filled in.",
    "control": "The arm that the others are compared with.",
    "primary_metric": "The one metric that decides, by its name in the metrics catalogue.",
    "secondary_metrics": "Further metrics that inform, as a JSON list; may be empty.",
    "guardrails": "Metrics that must not get worse, with their margins in the metric's unit, as JSON; may be empty.",
    "mde": "The smallest effect on the primary metric that matters, absolute: 0.01 is one percentage point of a rate.",
    "alpha": "Accepted risk of calling a difference real where there is not any, such as 0.05.",
    "power": "Wanted probability of finding the smallest effect that matters, such as 0.8.",
    "looks": "How many looks at the data are planned, the last one included, or unplanned.",
    "started_at": "First assignment, such as 2024-03-01T00:00:00Z.",
    "ends_at": "Planned end; may be empty.",
    "min_days": "Shortest run before a decision, in days; whole weeks are best.",
}


@dataclass(frozen=True)
class RegistryRow:
    """A header and a row of a CSV file, and what each column means."""

    header: str
    row: str
    meanings: tuple[tuple[str, str], ...]


def registry_row(readout: Readout) -> RegistryRow:
    """The row for a readout without a design."""
    seen = [plain(arm.variant, 200) for arm in readout.exposure] or [FILL_IN]
    values = dict.fromkeys(MEANINGS, FILL_IN)
    values |= {
        "experiment_id": plain(readout.experiment_id, 200),
        "arms": json.dumps(dict.fromkeys(seen, FILL_IN), ensure_ascii=False),
        "secondary_metrics": "[]",
        "guardrails": "{}",
    }
    return RegistryRow(_line(list(values)), _line(list(values.values())), tuple(MEANINGS.items()))


def _line(cells: list[str]) -> str:
    written = io.StringIO()
    csv.writer(written, lineterminator="").writerow(cells)
    return written.getvalue()
