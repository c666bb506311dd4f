"""The schema of `truth.json`, and nothing that computes it.

Conventions: money is text with two decimals; a ratio is text with six decimals, or null where it is nothing over
nothing; both are rounded once, half away from zero, from exact values. Months are "YYYY-MM", business time is UTC,
intervals are half-open. Figures describe the state after all files of a source were loaded in name order.

Revenue. A transaction counts if its latest good row says `paid` or `completed`; a return line (negative quantity and
amount) counts like any other line, in the sums and in `counted_transactions`. `average_order_value` is
total_revenue / counted_transactions. In `revenue_by_product` a product_id of null with a name is a product known by
name only, and null with null is a line that names no product; products are never renamed.

Recurring revenue. The state of a subscription at the end of month m is its row with the greatest `effective_at` before
the first instant of m + 1. Its MRR is its amount x 52/12 (weekly), x 1 (monthly), / 3 (quarterly), / 12 (annual) if the
state is `active`, and 0 if it is `trial`, `paused` or `cancelled`. A customer's MRR is the sum over its subscriptions.
No subscription starts before the period. Annual amounts are whole currency units, so MRR is a multiple of a third of a
cent and never lies on a rounding boundary. ARR is 12 x MRR at the end of a quarter, for quarters whose last month is in
the period. The waterfall is by customer, with p = MRR at the end of m - 1 and c = MRR at the end of m:
  new           c where p = 0 and c > 0, and MRR was never above 0 before
  reactivation  c where p = 0 and c > 0, and MRR was above 0 at the end of an earlier month
  expansion     c - p where c > p > 0
  contraction   p - c where p > c > 0
  churn         p where p > 0 and c = 0; a pause is churn
so that starting + new + reactivation + expansion - contraction - churn = ending, exactly before rounding. NRR is the
sum of c over the sum of p, both over customers with p > 0; GRR the sum of min(c, p) over the sum of p. In the `_12m`
pair p is the MRR at the end of m - 12.

Cohorts. A customer belongs to the month of the first counted transaction; `active[k]` counts the cohort's customers
with a counted transaction k months later. (A return line has the customer, date and status of a purchase: it moves
no customer.)

Churn. Of the customers with a counted transaction on or before `as_of`, those with none in the `horizon_days` days
that follow it; null if the period is too short.

Experiments. One row per user; a converted user converted after assignment and before the experiment's end. Lifts are
arm minus control (absolute) and that over control (relative).

Dimensions. `versions` are the SCD2 versions of the members, without the unknown member: a version starts where
segment, plan_type or acquisition_channel of a customer, or price, category or name of a product, differs (null-safe)
from the row before in `updated_at` order.

Files. A duplicate repeats a key: in one file the last good occurrence is staged and the other good ones are duplicates;
in a later file a row equal to the current row is a duplicate, and one that differs is staged and supersedes the earlier
row, whose load keeps its count. So rows_in_file = staged + quarantined + duplicates, and current_rows = staged -
superseded. `planted` counts, where they arrive: late (of an earlier period), duplicate_same_file, duplicate_later_file,
correction_same_file, correction_later_file, bad_repeat (a bad row with the key of a good one; also in bad_rows).
`bad_kinds` names the column at fault for each kind of bad row.
"""

import json
from dataclasses import asdict, dataclass

from echo_quality.synthetic.truth_counts import Dimension, Experiment, Funnel, SourceTruth
from echo_quality.synthetic.truth_parts import (
    ArrQuarter,
    Channel,
    ChannelByRate,
    ChannelByVolume,
    Churn,
    Cohort,
    GeneratedWith,
    MrrMonth,
    ProductRevenue,
    RetentionMonth,
    RevenueMonth,
    StatusAmount,
    WaterfallMonth,
)

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class RevenueTruth:
    """What `revenue` must add up to."""

    total_revenue: str
    counted_transactions: int
    average_order_value: str | None
    revenue_by_month: list[RevenueMonth]
    revenue_by_product: list[ProductRevenue]
    revenue_by_status: list[StatusAmount]
    cohort_retention: list[Cohort]
    churn: Churn | None


@dataclass(frozen=True)
class MarketingTruth:
    """What `marketing` must add up to."""

    leads: int
    conversions: int
    spend: str
    conversion_rate: str | None
    channel_performance: list[Channel]
    best_channel_by_rate: ChannelByRate
    best_channel_by_volume: ChannelByVolume
    channel_map: dict[str, str]


@dataclass(frozen=True)
class RecurringTruth:
    """What `subscriptions` must add up to."""

    mrr_by_month: list[MrrMonth]
    mrr_waterfall: list[WaterfallMonth]
    revenue_retention: list[RetentionMonth]
    arr_quarterly: list[ArrQuarter]


@dataclass(frozen=True)
class Truth:
    """Everything that must come out; revenue, marketing and recurring are written at the top level of the file."""

    generator: GeneratedWith
    revenue: RevenueTruth
    marketing: MarketingTruth
    recurring: RecurringTruth
    experiments: list[Experiment]
    funnel: Funnel
    dimensions: dict[str, Dimension]
    sources: dict[str, SourceTruth]

    def to_dict(self) -> dict[str, object]:
        """The content of `truth.json`."""
        parts = asdict(self)
        flat = {"schema_version": SCHEMA_VERSION, "generator": parts.pop("generator")}
        for name in ("revenue", "marketing", "recurring"):
            flat |= parts.pop(name)
        return flat | parts

    def to_json(self) -> str:
        """The text of `truth.json`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"
