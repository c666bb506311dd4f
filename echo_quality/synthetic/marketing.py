"""`marketing`: one row for each day, channel and campaign, with spelling variants of the channels.

Lives here: the rows and what they add up to, by conformed channel. Must not live here: the spellings (channels.py).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from echo_quality.synthetic import cells
from echo_quality.synthetic.channels import CHANNEL_MAP, CHANNELS, LABELS, spelled
from echo_quality.synthetic.figures import money, ratio
from echo_quality.synthetic.period import SECONDS_A_DAY, Ints, Period, stream
from echo_quality.synthetic.recipes import Fault, Piece, Recipe
from echo_quality.synthetic.shipping import by_file, ship
from echo_quality.synthetic.truth import MarketingTruth
from echo_quality.synthetic.truth_counts import SourceTruth
from echo_quality.synthetic.truth_parts import Channel, ChannelByRate, ChannelByVolume

FILES = ("marketing_1.csv", "marketing_2.csv")
FAULTS = (
    Fault.of("conversions_above_leads", "conversions", "11", leads="10"),
    Fault.of("negative_leads", "leads", "-5", conversions="0"),
    Fault.of("leads_not_a_number", "leads", "many", conversions="0"),
    Fault.of("missing_spend", "spend", ""),
    Fault.of("negative_spend", "spend", "-1.00"),
    Fault.of("impossible_date", "event_date", "2024-02-30"),
    Fault.of("missing_channel", "channel", ""),
)
CAMPAIGNS = ("Always On", "Spring Promo", "Retargeting", "Product Launch")

_CAMPAIGNS_A_CHANNEL = 2
_NO_CAMPAIGN = 0.05
_LEADS = np.array([55.0, 80.0, 22.0, 30.0, 26.0, 40.0])
_RATES = np.array([0.085, 0.095, 0.17, 0.125, 0.05, 0.11])
_CENTS_A_LEAD = np.array([420, 260, 780, 45, 310, 0])


@dataclass(frozen=True)
class _Events:
    day: Ints
    channel: Ints
    label: Ints
    campaign: Ints
    leads: Ints
    conversions: Ints
    spend: Ints


def write_marketing(out: Path, seed: int, period: Period) -> tuple[SourceTruth, MarketingTruth]:
    """Write the source and add it up."""
    rng = stream(seed, "marketing")
    events = _draw(rng, period)
    recipe = Recipe("marketing", "event_id", "M", 7, len(events.day) + 1, FAULTS)
    pieces = by_file(partial(_piece, events), period.file_of(events.day * SECONDS_A_DAY))
    return ship(out, recipe, FILES, pieces, rng), _added_up(events)


def _piece(events: _Events, at: Ints) -> Piece:
    """Some rows; a correction is an event whose last conversion came in later."""
    rows = pa.table(
        {
            "event_id": cells.numbered("M", at + 1, 7),
            "event_date": cells.dates(events.day[at]),
            "channel": cells.chosen(LABELS, events.label[at]),
            "campaign": cells.chosen(CAMPAIGNS, events.campaign[at]),
            "leads": cells.whole(events.leads[at]),
            "conversions": cells.whole(events.conversions[at]),
            "spend": cells.cents(events.spend[at]),
            "status": cells.chosen(("active",), np.zeros_like(at)),
        }
    )
    return Piece(rows, {"conversions": cells.whole(np.maximum(events.conversions[at] - 1, 0))})


def _draw(rng: np.random.Generator, period: Period) -> _Events:
    shape = (period.days, len(CHANNELS), _CAMPAIGNS_A_CHANNEL)
    day, channel, slot = (axis.ravel() for axis in np.indices(shape, dtype=np.int64))
    campaign = np.where(rng.random(day.size) < _NO_CAMPAIGN, -1, (channel + slot) % len(CAMPAIGNS))
    leads = rng.poisson(_LEADS[channel])
    conversions = rng.binomial(leads, _RATES[channel])
    spend = leads * _CENTS_A_LEAD[channel] + np.where(_CENTS_A_LEAD[channel] > 0, rng.integers(0, 5000, day.size), 0)
    return _Events(day + period.first_day, channel, spelled(rng, channel), campaign, leads, conversions, spend)


def _added_up(events: _Events) -> MarketingTruth:
    leads, conversions, spend = (
        [int(values[events.channel == channel].sum()) for channel in range(len(CHANNELS))]
        for values in (events.leads, events.conversions, events.spend)
    )
    rates = [Fraction(part, whole) if whole else Fraction(0) for part, whole in zip(conversions, leads, strict=True)]
    by_rate = max(range(len(CHANNELS)), key=rates.__getitem__)
    by_volume = max(range(len(CHANNELS)), key=conversions.__getitem__)
    return MarketingTruth(
        leads=sum(leads),
        conversions=sum(conversions),
        spend=money(sum(spend)),
        conversion_rate=ratio(sum(conversions), sum(leads)),
        channel_performance=[
            Channel(name, leads[at], conversions[at], money(spend[at]), ratio(conversions[at], leads[at]))
            for at, name in enumerate(CHANNELS)
        ],
        best_channel_by_rate=ChannelByRate(CHANNELS[by_rate], ratio(conversions[by_rate], leads[by_rate])),
        best_channel_by_volume=ChannelByVolume(CHANNELS[by_volume], conversions[by_volume]),
        channel_map=CHANNEL_MAP,
    )
