"""What the subscription log amounts to: MRR by month, its waterfall, retention and ARR, exactly.

MRR is kept in twelfths of a cent, in which every billing period is a whole number, and is rounded in figures.py. The
definitions are in truth.py. Must not live here: drawing or writing the log.
"""

from fractions import Fraction

import numpy as np
import numpy.typing as npt

from echo_quality.synthetic.figures import money, ratio
from echo_quality.synthetic.period import SECONDS_A_DAY, Flags, Ints, Period
from echo_quality.synthetic.subscriptions import ACTIVE, Subscriptions
from echo_quality.synthetic.truth import RecurringTruth
from echo_quality.synthetic.truth_parts import ArrQuarter, MrrMonth, RetentionMonth, WaterfallMonth

PARTS = 12
_PARTS_OF_A_CENT = np.array([52, 12, 4, 1])  # weekly, monthly, quarterly, annual
_YEAR = 12
_BEYOND_ANY_INSTANT = 1 << 36


def recurring_truth(log: Subscriptions, customers: int, period: Period) -> RecurringTruth:
    """Work out every recurring figure."""
    by_subscription = _month_ends(log, period)
    mrr = np.stack([_by_customer(month, log.customer, customers) for month in by_subscription])
    return RecurringTruth(
        mrr_by_month=[
            MrrMonth(name, _money(mrr[at].sum()), int((mrr[at] > 0).sum()), int((by_subscription[at] > 0).sum()))
            for at, name in enumerate(period.month_names)
        ],
        mrr_waterfall=_waterfall(mrr, period),
        revenue_retention=[
            RetentionMonth(name, *_retention(mrr, at, 1), *_retention(mrr, at, _YEAR))
            for at, name in enumerate(period.month_names)
        ],
        arr_quarterly=_arr(mrr, period),
    )


def _month_ends(log: Subscriptions, period: Period) -> npt.NDArray[np.int64]:
    """MRR of each subscription (columns) at the end of each month (rows)."""
    order = np.lexsort((log.effective_at, log.subscription))
    keys = log.subscription[order] * _BEYOND_ANY_INSTANT + log.effective_at[order]
    parts = np.where(log.status == ACTIVE, log.cents * _PARTS_OF_A_CENT[log.billing], 0)[order]
    first_keys = np.arange(len(log.customer)) * _BEYOND_ANY_INSTANT
    ends = []
    for month_end in period.month_starts[1:] * SECONDS_A_DAY:
        last = np.searchsorted(keys, first_keys + month_end, side="left") - 1
        begun = (last >= 0) & (keys[last] >= first_keys)
        ends.append(np.where(begun, parts[last], 0))
    return np.stack(ends)


def _by_customer(mrr: Ints, customer_of: Ints, customers: int) -> Ints:
    # Weights are summed as doubles: exact, since a customer has far less than 2^53 parts.
    return np.bincount(customer_of, mrr, customers).astype(np.int64)


def _money(parts: int) -> str:
    return money(Fraction(int(parts), PARTS))


def _waterfall(mrr: npt.NDArray[np.int64], period: Period) -> list[WaterfallMonth]:
    months: list[WaterfallMonth] = []
    before = np.zeros_like(mrr[0])
    ever: Flags = np.zeros(len(before), dtype=bool)
    for name, now in zip(period.month_names, mrr, strict=True):
        starts, stays = (before == 0) & (now > 0), (before > 0) & (now > 0)
        months.append(
            WaterfallMonth(
                month=name,
                starting_mrr=_money(before.sum()),
                new=_money(now[starts & ~ever].sum()),
                expansion=_money(np.maximum(now - before, 0)[stays].sum()),
                contraction=_money(np.maximum(before - now, 0)[stays].sum()),
                churn=_money(before[now == 0].sum()),
                reactivation=_money(now[starts & ever].sum()),
                ending_mrr=_money(now.sum()),
            )
        )
        ever |= now > 0
        before = now
    return months


def _retention(mrr: npt.NDArray[np.int64], at: int, months: int) -> tuple[str | None, str | None]:
    """Net and gross retention of the customers of some months ago."""
    if at < months:
        return None, None
    then, now = mrr[at - months], mrr[at]
    whole = int(then.sum())
    return ratio(int(now[then > 0].sum()), whole), ratio(int(np.minimum(then, now).sum()), whole)


def _arr(mrr: npt.NDArray[np.int64], period: Period) -> list[ArrQuarter]:
    quarters = []
    for name, month in zip(period.month_names, mrr, strict=True):
        year, number = name.split("-")
        if int(number) % 3 == 0:
            quarters.append(ArrQuarter(f"{year}-Q{int(number) // 3}", _money(12 * month.sum())))
    return quarters
