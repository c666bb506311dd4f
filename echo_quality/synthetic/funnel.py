"""`funnel_events`: leads that get as far as qualified, opportunity or customer, each step an event of its own.

Lives here: the rows, and distinct leads by stage, by month of the event and by month of the lead.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.channels import CHANNELS, LABELS, spelled
from echo_quality.synthetic.marketing import CAMPAIGNS
from echo_quality.synthetic.period import SECONDS_A_DAY, Ints, Period, stream
from echo_quality.synthetic.recipes import Fault, Piece, Recipe
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth_counts import Funnel, FunnelMonth, SourceTruth

FILES = ("funnel_events_1.csv", "funnel_events_2.csv")
STAGES = ("lead", "qualified", "opportunity", "customer")
FAULTS = (
    Fault.of("unknown_stage", "stage", "visitor"),
    Fault.of("missing_lead", "lead_id", ""),
    Fault.of("impossible_event_at", "event_at", "2024-02-30T00:00:00Z"),
    Fault.of("missing_channel", "channel", ""),
)
LEAST_LEADS = 100
ROWS_A_LEAD = 10

_GOES_ON = np.array([0.55, 0.5, 0.45])
_DAYS_BETWEEN = np.array([6.0, 12.0, 20.0])
_NO_CAMPAIGN = 0.1


@dataclass(frozen=True)
class _Events:
    """Events in order of time; label and campaign have one entry for each lead."""

    lead: Ints
    stage: Ints
    event_at: Ints
    label: Ints
    campaign: Ints


def write_funnel(out: Path, rows: int, seed: int, period: Period) -> tuple[SourceTruth, Funnel]:
    """Write the source and count its leads."""
    rng = stream(seed, "funnel")
    leads = max(LEAST_LEADS, rows // ROWS_A_LEAD)
    at = _stage_times(rng, leads, period)
    label = spelled(rng, rng.integers(0, len(CHANNELS), leads))
    campaign = np.where(rng.random(leads) < _NO_CAMPAIGN, -1, rng.integers(0, len(CAMPAIGNS), leads))
    lead, stage = np.nonzero(at < period.end)
    order = np.argsort(at[lead, stage], kind="stable")
    events = _Events(lead[order], stage[order], at[lead, stage][order], label, campaign)
    recipe = Recipe("funnel_events", "event_id", "F", 7, len(lead) + 1, FAULTS)
    truth = ship(out, recipe, FILES, by_file(partial(_piece, events), period.file_of(events.event_at)), rng)
    by_event, by_lead = (_months(times, events.stage, period) for times in (events.event_at, at[events.lead, 0]))
    return truth, Funnel(by_event, by_lead)


def _piece(events: _Events, at: Ints) -> Piece:
    """Some rows; a correction is an event that first came without its campaign."""
    lead = events.lead[at]
    rows = pa.table(
        {
            "event_id": cells.numbered("F", at + 1, 7),
            "lead_id": cells.numbered("L", lead + 1, 6),
            "channel": cells.chosen(LABELS, events.label[lead]),
            "campaign": cells.chosen(CAMPAIGNS, events.campaign[lead]),
            "stage": cells.chosen(STAGES, events.stage[at]),
            "event_at": cells.instants(events.event_at[at]),
        }
    )
    return Piece(rows, {"campaign": cells.chosen((), np.full(len(at), -1))})


def _stage_times(rng: np.random.Generator, leads: int, period: Period) -> Ints:
    """When each lead (rows) reached each stage (columns); the end of the period or later where it did not."""
    at = np.empty((leads, len(STAGES)), dtype=np.int64)
    at[:, 0] = rng.integers(period.first_day * SECONDS_A_DAY, period.end, leads)
    for stage, (share, days) in enumerate(zip(_GOES_ON, _DAYS_BETWEEN, strict=True)):
        goes_on = rng.random(leads) < share
        later = at[:, stage] + 1 + (rng.exponential(days, leads) * SECONDS_A_DAY).astype(np.int64)
        at[:, stage + 1] = np.where(goes_on, later, period.end)
    return at


def _months(times: Ints, stage: Ints, period: Period) -> list[FunnelMonth]:
    month = period.month_of(times // SECONDS_A_DAY)
    counts = np.bincount(month * len(STAGES) + stage, minlength=period.months * len(STAGES))
    rows = counts.reshape(period.months, len(STAGES)).tolist()
    return [FunnelMonth(name, *row) for name, row in zip(period.month_names, rows, strict=True)]
