"""The records of `truth.json` that hold money and channels; `truth.py` defines what each figure means."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratedWith:
    """What to call the generator with to get the same bytes."""

    rows: int
    seed: int
    start: str
    months: int
    currency: str
    counted_statuses: list[str]


@dataclass(frozen=True)
class RevenueMonth:
    """Counted revenue of one month."""

    month: str
    revenue: str
    counted_transactions: int


@dataclass(frozen=True)
class ProductRevenue:
    """Counted revenue of one product."""

    product_id: str | None
    product: str | None
    revenue: str
    counted_transactions: int


@dataclass(frozen=True)
class StatusAmount:
    """All current transactions of one status, counted or not."""

    status: str
    transactions: int
    amount: str


@dataclass(frozen=True)
class Cohort:
    """Customers by month of first counted transaction, and how many were active k months later."""

    cohort: str
    customers: int
    active: list[int]


@dataclass(frozen=True)
class Churn:
    """Customers known at the end of `as_of` who bought nothing in the days that follow."""

    as_of: str
    horizon_days: int
    customers: int
    churned: int
    share: str | None


@dataclass(frozen=True)
class Channel:
    """One conformed channel."""

    channel: str
    leads: int
    conversions: int
    spend: str
    conversion_rate: str | None


@dataclass(frozen=True)
class ChannelByRate:
    """The channel with the highest conversion rate."""

    channel: str
    rate: str | None


@dataclass(frozen=True)
class ChannelByVolume:
    """The channel with the most conversions."""

    channel: str
    conversions: int


@dataclass(frozen=True)
class MrrMonth:
    """MRR at the end of one month."""

    month: str
    mrr: str
    active_customers: int
    active_subscriptions: int


@dataclass(frozen=True)
class WaterfallMonth:
    """What moved MRR in one month, all parts positive."""

    month: str
    starting_mrr: str
    new: str
    expansion: str
    contraction: str
    churn: str
    reactivation: str
    ending_mrr: str


@dataclass(frozen=True)
class RetentionMonth:
    """Net and gross revenue retention over one month and over twelve."""

    month: str
    nrr: str | None
    grr: str | None
    nrr_12m: str | None
    grr_12m: str | None


@dataclass(frozen=True)
class ArrQuarter:
    """ARR at the end of one quarter."""

    quarter: str
    arr: str
