"""Promotion as a table: what is promoted, what is not, and that the reason names it."""

from __future__ import annotations

import pytest

from echo_ml.models.churn.noise import Difference
from echo_ml.models.churn.promotion import Rival, Standing, promotion_of

AHEAD, LEVEL, BEHIND = Difference(0.05, 0.01), Difference(0.01, 0.01), Difference(-0.05, 0.01)
GOOD = Standing(0.02, 0.01, AHEAD)
NO_BETTER = Standing(0.02, 0.01, LEVEL)
UNCALIBRATED = Standing(0.08, 0.01, AHEAD)
FEW_CUSTOMERS = Standing(0.05, 0.06, AHEAD)


@pytest.mark.parametrize(
    ("challenger", "rival", "is_promoted", "reason"),
    [
        (GOOD, None, True, "there is no champion yet"),
        (FEW_CUSTOMERS, None, True, "at most 0.060 is allowed"),
        (NO_BETTER, None, False, "does not beat the recency baseline"),
        (UNCALIBRATED, None, False, "is not calibrated: calibration error 0.080, at most 0.030 is allowed"),
        (GOOD, Rival(3, GOOD, AHEAD), True, "beats the champion (version 3) by more than noise"),
        (GOOD, Rival(3, GOOD, LEVEL), False, "does not beat the champion (version 3) by more than noise"),
        (GOOD, Rival(3, GOOD, BEHIND), False, "does not beat the champion (version 3)"),
        (NO_BETTER, Rival(3, GOOD, AHEAD), False, "does not beat the recency baseline"),
        (GOOD, Rival(3, UNCALIBRATED, LEVEL), True, "is ahead of the champion (version 3), which is not calibrated"),
        (GOOD, Rival(3, NO_BETTER, LEVEL), True, "which is no better than the baseline"),
        (GOOD, Rival(3, NO_BETTER, BEHIND), False, "is not ahead of the champion"),
        (GOOD, Rival(3, why_not="it answers another question"), True, "cannot be asked: it answers another question"),
    ],
)  # fmt: skip
def test_the_table(challenger: Standing, rival: Rival | None, is_promoted: bool, reason: str) -> None:
    found = promotion_of(challenger, rival)
    assert found.is_promoted == is_promoted
    assert reason in "; ".join(found.reasons)


def test_a_fault_of_the_training_set_stands_first_and_forbids_it() -> None:
    found = promotion_of(GOOD, None, ("outcomes are not known yet",))
    assert not found.is_promoted
    assert found.reasons[0] == "outcomes are not known yet"


def test_every_condition_is_told_whether_it_speaks_for_or_against() -> None:
    assert len(promotion_of(GOOD, None).reasons) == len(promotion_of(UNCALIBRATED, Rival(1, GOOD, BEHIND)).reasons) == 3
