"""The written decision table: which conditions a readout must meet, and which outcome follows from what.

The rules as words and limits. `conditions.py` asks the conditions, `decision.py` draws the outcome; the documentation
prints both tuples, and each condition is a check of the asset.
"""

from __future__ import annotations

from dataclasses import dataclass

from echo_ml.experiments.findings import Outcome

RED_SAMPLE_RATIO = 0.001
"""Below this p-value of the sample ratio a split is taken for broken."""
YELLOW_SAMPLE_RATIO = 0.01
"""Below this one it is worth a look."""
MAX_CONTAMINATED_SHARE = 0.01
"""Share of units seen in several arms, or of conversions before the exposure, above which outcomes are not trusted."""
MIN_SPLIT = 20
"""Units seen in several arms from which on it is asked whether they are split as designed."""
MAX_REJECTED_SHARE = 0.05
"""Share of rejected rows upstream above which too much is missing."""
MIN_EXPECTED_USERS = 5
"""Units that an arm was designed to have by now, from which on having none is no accident."""


@dataclass(frozen=True)
class Rule:
    """One condition: what is asked, and what follows where it does not hold. `blocks`: then nothing is decided."""

    name: str
    blocks: bool
    asks: str
    otherwise: str


CONDITIONS = (
    Rule("registered", True, "The registry has the experiment, and its entry can be used.", "BLOCKED"),
    Rule("arms_are_registered", True, "Every arm that units were seen in is an arm of the registry.", "BLOCKED"),
    Rule(
        "every_arm_has_users", True,
        f"No arm is empty that was designed to have {MIN_EXPECTED_USERS} units or more by now.", "BLOCKED",
    ),
    Rule(
        "sample_ratio_matches", True,
        f"Units are split as designed (chi-square, p of at least {RED_SAMPLE_RATIO}).", "BLOCKED",
    ),
    Rule(
        "exposure_is_clean", True,
        f"At most {MAX_CONTAMINATED_SHARE:.0%} of the units were seen in several arms, and of all arms alike.",
        "BLOCKED",
    ),
    Rule(
        "outcomes_follow_exposure", True,
        f"At most {MAX_CONTAMINATED_SHARE:.0%} of the conversions came before the first exposure of their unit.",
        "BLOCKED",
    ),
    Rule(
        "data_are_fresh", True,
        "Events are known up to the end of the day, or no further behind than three deliveries by their contract.",
        "BLOCKED",
    ),
    Rule(
        "rejected_share_is_low", True,
        f"At most {MAX_REJECTED_SHARE:.0%} of the rows of the assignments' files were rejected.", "BLOCKED",
    ),
    Rule("minimum_runtime_is_over", False, "It has run for its shortest run, in whole days.", "KEEP_RUNNING"),
    Rule(
        "enough_users", False, "It has the users that its planned power asks for.",
        "no effect is called meaningless before its interval says so",
    ),
    Rule(
        "guardrails_hold", False,
        "No guardrail of an arm that wins may be worse than control by its margin (non-inferiority).",
        "DO_NOT_SHIP where one is worse for certain or time is up, else KEEP_RUNNING",
    ),
    Rule(
        "primary_has_decided", False,
        "The primary metric of an arm has crossed the boundary of the declared method, at a look that counts, and all "
        "that is known now still supports it.",
        "what its interval leaves open decides: KEEP_RUNNING, NO_MEANINGFUL_EFFECT or DO_NOT_SHIP",
    ),
    Rule(
        "sample_ratio_is_unsuspicious", False,
        f"The sample ratio's p-value is at least {YELLOW_SAMPLE_RATIO}.", "said beside the decision",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One row of outcomes; the first whose `when` is true is taken."""

    when: str
    outcome: Outcome


OUTCOMES = (
    Row("a condition that blocks does not hold", Outcome.BLOCKED),
    Row("the shortest run is not over", Outcome.KEEP_RUNNING),
    Row("an arm wins on the primary metric, and all its guardrails are non-inferior", Outcome.SHIP),
    Row("an arm wins, but a guardrail is worse by its margin for certain, or not shown otherwise by the end",
        Outcome.DO_NOT_SHIP),
    Row("an arm wins, but a guardrail is not yet shown to be non-inferior", Outcome.KEEP_RUNNING),
    Row("no arm has an effect of the minimum detectable size, neither gain nor loss", Outcome.NO_MEANINGFUL_EFFECT),
    Row("every arm has lost, has no such effect, or has not won by its last planned look", Outcome.DO_NOT_SHIP),
    Row("otherwise", Outcome.KEEP_RUNNING),
)  # fmt: skip

BY_NAME = {rule.name: rule for rule in CONDITIONS}
