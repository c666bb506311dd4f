"""One readout: what was declared and what was counted go in, everything a readout says comes out.

It only assembles; each method is in its own module.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np

from echo_ml.experiments import sample_ratio
from echo_ml.experiments.comparisons import comparisons, figure, totals
from echo_ml.experiments.decisions.conditions import Found, conditions, is_over, unregistered
from echo_ml.experiments.decisions.decision import blocked, decide
from echo_ml.experiments.decisions.verdicts import Verdict, verdict
from echo_ml.experiments.design import Design
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.findings import ArmExposure, Comparison, DayExposure, Path, Power, Readout, Role
from echo_ml.experiments.fixed.cuped import gain_warning
from echo_ml.experiments.moments import Moments
from echo_ml.experiments.pages.paragraph import paragraph_of
from echo_ml.experiments.sequential.paths import path
from echo_ml.experiments.sequential.recorded_looks import continued
from echo_ml.experiments.sizes.power import power_of
from echo_ml.experiments.views import novelty_warning, views


def readout_of(
    design: Design | None, why_not: str | None, evidence: Evidence, before: Readout | None = None
) -> Readout:
    """The readout of one experiment as of `evidence.as_of`.

    Without a design, because the registry has none or an entry that cannot be used (`why_not` says which), the readout
    is blocked, and shows who was exposed and nothing else. `before` is the readout of an earlier day as it was recorded
    first: its looks stay as they were, unless the design was changed since, which a warning says.
    """
    timeline = _timeline(evidence)
    if design is None:
        return _unregistered(why_not or "the registry has no such experiment", evidence, timeline)
    found = _found(design, evidence, before)
    asked = conditions(found)
    decision = decide(found, asked)
    return Readout(
        experiment_id=evidence.experiment_id,
        as_of=evidence.as_of,
        design=design,
        decision=decision,
        conditions=asked,
        paragraph=paragraph_of(design, found.comparisons, decision, found.exposure, found.power, evidence.as_of),
        comparisons=found.comparisons,
        paths=found.paths,
        power=found.power,
        exposure=found.exposure,
        timeline=timeline,
        srm_p_value=found.srm_p_value,
        views=views(design, evidence),
        warnings=_warnings(design, evidence, found, before),
        data_as_of=evidence.last_assigned_at,
        redesigned_on=_redesigned_on(design, evidence, before),
    )


def _unregistered(why: str, evidence: Evidence, timeline: tuple[DayExposure, ...]) -> Readout:
    asked, exposure = unregistered(why), _seen(evidence)
    decision = blocked(asked[0])
    return Readout(
        evidence.experiment_id, evidence.as_of, None, decision, asked,
        paragraph=paragraph_of(None, (), decision, exposure, None, evidence.as_of),
        exposure=exposure, timeline=timeline, data_as_of=evidence.last_assigned_at,
    )  # fmt: skip


def _found(design: Design, evidence: Evidence, before: Readout | None) -> Found:
    exposure = _exposure(design, evidence)
    rows = comparisons(design, evidence)
    power = _power(design, evidence, exposure)
    recorded = {path.variant: path for path in before.paths} if before and _is_same_plan(design, before.design) else {}
    paths = tuple(_path(design, evidence, arm, power, recorded.get(arm)) for arm in design.treatments)
    primary, over = _primary(rows), is_over(design, evidence, power)
    return Found(
        design=design,
        evidence=evidence,
        exposure=exposure,
        srm_p_value=_sample_ratio(exposure),
        comparisons=rows,
        paths=paths,
        power=power,
        verdicts={row.variant: verdict(design, of, row, is_over=over) for row, of in zip(primary, paths, strict=True)},
    )


def _exposure(design: Design, evidence: Evidence) -> tuple[ArmExposure, ...]:
    users = totals(evidence, design.primary, tuple(design.arms)).users
    return tuple(
        ArmExposure(arm, share, int(count), float(share * users.sum()), _excluded(evidence, arm))
        for (arm, share), count in zip(design.arms.items(), users, strict=True)
    )


def _seen(evidence: Evidence) -> tuple[ArmExposure, ...]:
    return tuple(ArmExposure(arm, None, _users(evidence, at), None, _excluded(evidence, arm))
                 for at, arm in enumerate(evidence.arms))  # fmt: skip


def _excluded(evidence: Evidence, arm: str) -> dict[str, int]:
    return {reason: arms[arm] for reason, arms in evidence.excluded.items() if arms.get(arm)}


def _users(evidence: Evidence, arm: int) -> int:
    return max((int(of.users[arm].sum()) for of in evidence.metrics.values()), default=0)


def _sample_ratio(exposure: tuple[ArmExposure, ...]) -> float | None:
    users, shares = np.array([arm.users for arm in exposure]), np.array([arm.designed_share for arm in exposure])
    return figure(sample_ratio.p_value(users, shares)) if users.any() else None


def _timeline(evidence: Evidence) -> tuple[DayExposure, ...]:
    counted = next(iter(evidence.metrics.values()), None)
    if counted is None:
        return ()
    by_day = counted.users.T.astype(int).tolist()
    return tuple(DayExposure(day, dict(zip(evidence.arms, users, strict=True)))
                 for day, users in zip(evidence.days, by_day, strict=True))  # fmt: skip


def _power(design: Design, evidence: Evidence, exposure: tuple[ArmExposure, ...]) -> Power:
    enrolled = sum(arm.users for arm in exposure)
    days = (evidence.as_of - design.started_on).days + 1
    control = totals(evidence, design.primary, (design.control,))[0]
    return power_of(_for_one_arm(design), control, enrolled, enrolled / days if days > 0 else None)


def _path(design: Design, evidence: Evidence, variant: str, power: Power, recorded: Path | None) -> Path:
    control, other = (_by_day(design, evidence, arm) for arm in (design.control, variant))
    share = design.arms[design.control] + design.arms[variant]
    needed = None if power.needed is None else round(power.needed * share)
    own, days = _for_one_arm(design), evidence.days
    if recorded is None or not recorded.days:
        return path(own, days, variant, control, other, needed)
    new = slice(sum(day <= recorded.days[-1] for day in days), None) if design.looks is None else slice(None)
    return continued(recorded, path(own, days[new], variant, control[new], other[new], needed), own.alpha)


def _by_day(design: Design, evidence: Evidence, arm: str) -> Moments:
    found = evidence.metrics.get(design.primary.name)
    if found is None:
        return Moments.of(np.zeros(len(evidence.days)), 0)
    return found[evidence.arms.index(arm)].cumulative(axis=0)


def _for_one_arm(design: Design) -> Design:
    """The design with each arm's share of the error, so that alpha holds over all of them (Bonferroni)."""
    return replace(design, alpha=design.alpha / len(design.treatments))


def _is_same_plan(one: Design, other: Design | None) -> bool:
    """Whether two entries of the registry plan the same looks at the same metric; names and words may differ."""
    return other is not None and _plan(one) == _plan(other)


def _plan(design: Design) -> Design:
    metric = replace(design.primary, definition="", unit="")
    return replace(design, name="", primary=metric, secondary=(), guardrails=(), min_days=0)


def _redesigned_on(design: Design, evidence: Evidence, before: Readout | None) -> datetime.date | None:
    """The day from which on looks were begun anew, because the entry of the registry had changed."""
    if before is None or before.design is None:
        return None
    return before.redesigned_on if _is_same_plan(design, before.design) else evidence.as_of


def _warnings(design: Design, evidence: Evidence, found: Found, before: Readout | None) -> tuple[str, ...]:
    said = [
        _redesigned(_redesigned_on(design, evidence, before)),
        *(f"{arm} {verdict}" for arm, verdict in found.verdicts.items() if verdict is Verdict.REVERSED),
        novelty_warning(design, evidence),
        *map(_cuped_warning, _primary(found.comparisons)[:1]),
    ]
    return tuple(each for each in said if each)


def _redesigned(on: datetime.date | None) -> str | None:
    if on is None:
        return None
    return (
        f"the entry of the registry was changed while it ran, and looks were begun anew on {on}: over both plans "
        "together the error rate is above alpha"
    )


def _primary(rows: tuple[Comparison, ...]) -> list[Comparison]:
    return [row for row in rows if row.role is Role.PRIMARY]


def _cuped_warning(row: Comparison) -> str | None:
    return None if row.variance_reduction is None else gain_warning(row.variance_reduction)
