"""A readout in sentences: what was tested, on whom, how long, what came out, what is decided, what would change it.

It is told before the readout exists, of what the readout is made of; plain text, as it is stored, printed and shown.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence

from echo_ml.experiments.design import Design, Method
from echo_ml.experiments.findings import ArmExposure, Comparison, Decision, Outcome, Power, Role
from echo_ml.experiments.pages.wording import (
    VERDICTS,
    count,
    counted,
    day,
    is_known,
    level,
    lift,
    listed,
    metric_name,
    plain,
    scale_of,
    sentence,
)


def paragraph_of(
    design: Design | None,
    comparisons: Sequence[Comparison],
    decision: Decision,
    exposure: Sequence[ArmExposure],
    power: Power | None,
    as_of: datetime.date | None = None,
) -> str:
    """A paragraph for somebody who decides. Figures of a blocked readout are left out: they are not to be believed."""
    told = [_tested(design, as_of), _whom(design, exposure)]
    if design is not None and decision.outcome is not Outcome.BLOCKED:
        told += [*_results(design, comparisons), _how_it_decides(design), _guardrails(comparisons)]
    told += [_decided(decision), _reasons(decision), _progress(design, decision, power, as_of), _change(decision)]
    return " ".join(sentence(each) for each in told if each)


def _tested(design: Design | None, as_of: datetime.date | None) -> str:
    if design is None:
        return "this experiment has no usable entry in the registry, so nothing says what it tests"
    began = f"since {day(design.started_on)}"
    if as_of is not None and as_of >= design.started_on:
        began = (
            f"from {day(design.started_on)} to {day(as_of)} ({counted((as_of - design.started_on).days + 1, 'day')})"
        )
    arms = listed([plain(arm) for arm in design.treatments]) or "nothing"
    return f"{plain(design.name)} tests {arms} against {plain(design.control)}, {began}"


def _whom(design: Design | None, exposure: Sequence[ArmExposure]) -> str:
    users, unit = sum(arm.users for arm in exposure), plain(design.unit) if design else "unit"
    if not users:
        return f"no {unit} has been seen in it yet"
    arms = listed([f"{count(arm.users)} in {plain(arm.variant)}" for arm in exposure])
    left_out = sum(sum(arm.excluded.values()) for arm in exposure)
    excluded = f"; {count(left_out)} more {'is' if left_out == 1 else 'are'} excluded" if left_out else ""
    return f"it counts {counted(users, unit)}: {arms}{excluded}"


def _results(design: Design, comparisons: Sequence[Comparison]) -> Iterator[str]:
    primary = [each for each in comparisons if each.role is Role.PRIMARY]
    if not any(is_known(each.effect) for each in primary):
        yield f"{metric_name(design.primary.name)} cannot be compared yet"
    for each in primary:
        if is_known(each.effect):
            yield _result(each, level(design.alpha))


def _result(each: Comparison, holds: str) -> str:
    scale = scale_of(each.kind, each.unit)
    interval = f" ({holds} interval {scale.between(each.interval)})" if each.interval else ""
    relative = f", {lift(each.lift, each.lift_interval)} relative to control" if is_known(each.lift) else ""
    return (
        f"{metric_name(each.metric)} was {scale.value(each.value)} under {plain(each.variant)} and "
        f"{scale.value(each.control_value)} under {plain(each.control)}: "
        f"{scale.effect(each.effect, each.interval)}{interval}{relative}"
    )


def _how_it_decides(design: Design) -> str:
    if design.method is Method.FIXED:
        return ""
    return "as the data are looked at more than once, the sequential test decides, and not this interval"


def _guardrails(comparisons: Sequence[Comparison]) -> str:
    guarded = [each for each in comparisons if each.role is Role.GUARDRAIL]
    if not guarded:
        return ""
    failing = [f"{metric_name(each.metric)} of {plain(each.variant)}" for each in guarded if not each.is_non_inferior]
    if not failing:
        return "every guardrail is shown to be no worse than control by its margin"
    return f"not shown to be no worse than control by its margin: {listed(failing)}"


def _decided(decision: Decision) -> str:
    variant = f" {plain(decision.variant)}" if decision.variant else ""
    return f"decision: {VERDICTS[decision.outcome].says.lower()}{variant}"


def _reasons(decision: Decision) -> str:
    return f"the reason: {'; '.join(plain(each, 300) for each in decision.reasons)}" if decision.reasons else ""


def _progress(design: Design | None, decision: Decision, power: Power | None, as_of: datetime.date | None) -> str:
    """How long it would take; after its end nothing goes on."""
    if design and design.ends_on and as_of and as_of >= design.ends_on:
        return ""
    if decision.outcome is not Outcome.KEEP_RUNNING or power is None or not power.days_to_decision:
        return ""
    return f"at the present pace it has its users in about {counted(power.days_to_decision, 'more day')}"


def _change(decision: Decision) -> str:
    if not decision.would_change:
        return ""
    return f"what would change this: {'; '.join(plain(each, 300) for each in decision.would_change)}"
