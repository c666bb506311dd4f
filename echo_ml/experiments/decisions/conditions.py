"""The conditions of the decision table, asked of one experiment as of a day; the limits are in `decision_table.py`."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from echo_ml.experiments.decisions import decision_table as table
from echo_ml.experiments.decisions.decision_table import BY_NAME
from echo_ml.experiments.decisions.guardrails import best_case
from echo_ml.experiments.decisions.verdicts import Verdict
from echo_ml.experiments.design import Design
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import ArmExposure, Comparison, Condition, Path, Power
from echo_ml.experiments.sample_ratio import p_value

CONVERSION = "experiment_conversion_rate"
"""The catalogue's share of units that converted."""
SEVERAL, UNKNOWN = "several variants", "unknown variant"
"""Reasons of exclusion, as the warehouse names them."""

_Answer = tuple[bool, str, str | None]


@dataclass(frozen=True)
class Found:
    """What the statistics found about one experiment; `verdicts` are of the arms, on the primary metric."""

    design: Design
    evidence: Evidence
    exposure: tuple[ArmExposure, ...]
    srm_p_value: float | None
    comparisons: tuple[Comparison, ...]
    paths: tuple[Path, ...]
    power: Power
    verdicts: dict[str, Verdict]

    @property
    def users(self) -> int:
        """Units of all arms that count."""
        return sum(arm.users for arm in self.exposure)

    @property
    def is_over(self) -> bool:
        """Whether the planned end has come."""
        return is_over(self.design, self.evidence, self.power)

    @property
    def winners(self) -> list[str]:
        """The arms that win on the primary metric."""
        return [variant for variant, verdict in self.verdicts.items() if verdict is Verdict.WINS]


def is_over(design: Design, evidence: Evidence, power: Power) -> bool:
    """Whether the planned end has come: its day, or, where it has none, the users that it needs."""
    if design.ends_on is not None:
        return evidence.as_of >= design.ends_on
    return power.needed is not None and power.enrolled >= power.needed


def conditions(found: Found) -> tuple[Condition, ...]:
    """Every condition of the table, in its order."""
    return tuple(_condition(name, *ask(found)) for name, ask in _ASKED.items())


def unregistered(why: str) -> tuple[Condition, ...]:
    """The conditions of an experiment without a usable entry: the first one fails, the others cannot be asked."""
    return (_condition("registered", False, why, "add it to the registry, or mend its entry"),)


def _condition(name: str, holds: bool, says: str, change: str | None) -> Condition:
    return Condition(name, holds, BY_NAME[name].blocks, says, None if holds else change)


def _registered(found: Found) -> _Answer:
    return True, f"registered as {found.design.name}", None


def _arms_are_registered(found: Found) -> _Answer:
    unknown = {arm: users for arm, users in found.evidence.excluded.get(UNKNOWN, {}).items() if users}
    if not unknown:
        return True, f"arms: {', '.join(found.design.arms)}", None
    return False, f"not in the registry: {_counted(unknown)}", "add the arm to the registry, or stop assigning to it"


def _every_arm_has_users(found: Found) -> _Answer:
    empty = [
        arm.variant for arm in found.exposure
        if not arm.users and (arm.expected_users or 0) >= table.MIN_EXPECTED_USERS
    ]  # fmt: skip
    if not empty:
        return True, _counted({arm.variant: arm.users for arm in found.exposure}), None
    return False, f"no unit in {', '.join(empty)}", "find out why nobody is assigned to it, then start again"


def _sample_ratio_matches(found: Found) -> _Answer:
    return _sample_ratio(found, table.RED_SAMPLE_RATIO, "find what loses units of one arm, mend it, start again")


def _sample_ratio_is_unsuspicious(found: Found) -> _Answer:
    return _sample_ratio(found, table.YELLOW_SAMPLE_RATIO, "look at how units are assigned and logged")


def _sample_ratio(found: Found, limit: float, change: str) -> _Answer:
    if found.srm_p_value is None:
        return True, "nobody is assigned yet", None
    seen = ", ".join(
        f"{arm.variant} {arm.users:,} of {arm.expected_users or 0:,.0f} expected" for arm in found.exposure
    )
    return found.srm_p_value >= limit, f"sample ratio p = {found.srm_p_value:.2g}: {seen}", change


def _exposure_is_clean(found: Found) -> _Answer:
    several = found.evidence.excluded.get(SEVERAL, {})
    units = sum(several.values())
    holds, says = _is_rare(units, found.users + units, "units", "were seen in several arms")
    arms = [several.get(arm, 0) for arm in found.design.arms]
    if sum(arms) >= table.MIN_SPLIT and p_value(arms, list(found.design.arms.values())) < table.RED_SAMPLE_RATIO:
        holds, says = False, f"{says}, and not of all arms alike: {_counted(dict(several))}"
    return holds, says, "make assignment sticky, then start again"


def _outcomes_follow_exposure(found: Found) -> _Answer:
    """Of the conversions, not of the units: of these, a rate of two percent would hide that a quarter of it is lost."""
    early, rates = found.evidence.conversions_before_exposure, found.evidence.metrics.get(CONVERSION)
    counted = found.users if rates is None else round(float(rates.y.sum()))
    holds, says = _is_rare(early, early + counted, "conversions", "came before the first exposure of their unit")
    return holds, says, "log the exposure where it happens"


def _is_rare(few: int, everything: int, of: str, what: str) -> tuple[bool, str]:
    share = few / everything if everything else 0.0
    return share <= table.MAX_CONTAMINATED_SHARE, f"{few:,} of {everything:,} {of} ({share:.2%}) {what}"


def _data_are_fresh(found: Found) -> _Answer:
    evidence, promised = found.evidence, found.evidence.stale_after_hours
    if evidence.last_assigned_at is None:
        return False, "no assignment is known", "deliver the assignments' files"
    last = evidence.last_assigned_at
    zone = last.tzinfo or datetime.UTC
    until = datetime.datetime.combine(evidence.as_of + datetime.timedelta(days=1), datetime.time(), zone)
    behind = max(0.0, (until - last.replace(tzinfo=zone)).total_seconds() / 3600)
    says = f"events are known up to {behind:,.0f} h before the end of the day, {promised:,.0f} h at most are accepted"
    return behind <= promised, says, "deliver the assignments' files that are missing"


def _rejected_share_is_low(found: Found) -> _Answer:
    share = found.evidence.rejected_share
    says = f"{share:.2%} of the rows of the assignments' files were rejected"
    return share <= table.MAX_REJECTED_SHARE, says, "mend the rejected rows and replay them"


def _minimum_runtime_is_over(found: Found) -> _Answer:
    design = found.design
    days = (found.evidence.as_of - design.started_on).days + 1
    left = design.min_days - days
    return left <= 0, f"day {days} of at least {design.min_days}", f"wait {left} more days"


def _enough_users(found: Found) -> _Answer:
    power = found.power
    if power.needed is None:
        return (
            False,
            f"{power.enrolled:,} users; what is needed cannot be computed yet",
            "wait for outcomes under control",
        )
    days = f", about {power.days_to_decision} more days" if power.days_to_decision and not found.is_over else ""
    says = f"{power.enrolled:,} of {power.needed:,} users"
    return power.enrolled >= power.needed, says, f"enrol {max(0, power.needed - power.enrolled):,} more users{days}"


def _guardrails_hold(found: Found) -> _Answer:
    wins = found.winners
    rows = [row for row in found.comparisons if row.margin is not None and (not wins or row.variant in wins)]
    if not rows:
        return True, "no guardrail is declared", None
    if wins:
        failing = [row for row in rows if not row.is_non_inferior]
    else:
        failing = [row for row in rows if is_worse_for_certain(found.design, row)]
    unproven = [row for row in rows if not row.is_non_inferior]
    named = ", ".join(f"{row.metric} of {row.variant} (margin {row.margin:g})" for row in failing or unproven or rows)
    if failing:
        says = f"not shown to be non-inferior: {named}" if wins else f"worse by more than its margin: {named}"
    else:
        says = f"not yet shown to be non-inferior: {named}" if unproven else f"no loss beyond its margin: {named}"
    return not failing, says, "wait for more users, or accept a wider margin before the next experiment"


def is_worse_for_certain(design: Design, row: Comparison) -> bool:
    """Whether even the best end of a guardrail's interval is worse than its margin."""
    best = best_case(next(metric for metric in design.metrics if metric.name == row.metric), row)
    return best is not None and row.margin is not None and best < -row.margin


def _primary_has_decided(found: Found) -> _Answer:
    since = {path.variant: path.crossed_on for path in found.paths}
    told = [f"{arm} {is_}{_since(is_, since.get(arm))}" for arm, is_ in found.verdicts.items()]
    decided = any(verdict in (Verdict.WINS, Verdict.LOSES) for verdict in found.verdicts.values())
    change = (
        "it has ended without an answer: extend its end, since its looks hold at any time, or plan another one"
        if found.is_over else "wait for the next look that counts, or for the end"
    )  # fmt: skip
    return decided, f"{found.design.primary.name}: {', '.join(told)}", change


def _since(verdict: Verdict, day: datetime.date | None) -> str:
    return f" (its boundary was crossed on {day})" if day and verdict in (Verdict.WINS, Verdict.LOSES) else ""


def _counted(users: dict[str, int]) -> str:
    return ", ".join(f"{arm} ({count:,})" for arm, count in users.items())


_ASKED: dict[str, Callable[[Found], _Answer]] = {
    "registered": _registered,
    "arms_are_registered": _arms_are_registered,
    "every_arm_has_users": _every_arm_has_users,
    "sample_ratio_matches": _sample_ratio_matches,
    "exposure_is_clean": _exposure_is_clean,
    "outcomes_follow_exposure": _outcomes_follow_exposure,
    "data_are_fresh": _data_are_fresh,
    "rejected_share_is_low": _rejected_share_is_low,
    "minimum_runtime_is_over": _minimum_runtime_is_over,
    "enough_users": _enough_users,
    "guardrails_hold": _guardrails_hold,
    "primary_has_decided": _primary_has_decided,
    "sample_ratio_is_unsuspicious": _sample_ratio_is_unsuspicious,
}


def first_that_blocks(asked: Iterable[Condition]) -> Condition | None:
    """The first condition that forbids to decide."""
    return next((condition for condition in asked if condition.blocks and not condition.holds), None)
