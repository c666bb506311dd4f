"""From the conditions and the arms' verdicts to one decision; the rules in words are in `decision_table.py`."""

from __future__ import annotations

from collections.abc import Sequence

from echo_ml.experiments.decisions.conditions import Found, first_that_blocks, is_worse_for_certain
from echo_ml.experiments.decisions.verdicts import Verdict
from echo_ml.experiments.findings import Condition, Decision, Outcome, Role

_AGAIN = "another experiment: a bolder variant, or a smaller minimum detectable effect with the users that it needs"
_OF_WAITING = ("minimum_runtime_is_over", "enough_users")
_SETTLED = {
    Outcome.SHIP: ("data that arrive late and break a condition, or show a guardrail to be worse by its margin",),
    Outcome.DO_NOT_SHIP: (_AGAIN,),
    Outcome.NO_MEANINGFUL_EFFECT: (_AGAIN,),
}


def decide(found: Found, asked: Sequence[Condition]) -> Decision:
    """The first outcome of the table whose condition is true."""
    blocking = first_that_blocks(asked)
    if blocking:
        return blocked(blocking)
    outcome, variant = _outcome(found, asked)
    failing = tuple(condition.change for condition in asked if condition.change)
    return Decision(
        outcome=outcome,
        variant=variant,
        blocked_by=None,
        reasons=_reasons(outcome, asked),
        would_change=_SETTLED.get(outcome, failing),
    )


def blocked(condition: Condition) -> Decision:
    """Nothing is decided, because of one condition."""
    change = (condition.change,) if condition.change else ()
    return Decision(Outcome.BLOCKED, None, condition.name, (condition.says,), change)


def _reasons(outcome: Outcome, asked: Sequence[Condition]) -> tuple[str, ...]:
    """What the decision rests on first, then what else does not hold; the users it was to have, only if it waits."""
    by_name = {condition.name: condition for condition in asked}
    rests_on = ["primary_has_decided", "guardrails_hold"]
    if outcome is Outcome.KEEP_RUNNING:
        rests_on = ["minimum_runtime_is_over", *rests_on, "enough_users"]
    failing = [name for name, each in by_name.items() if not each.holds and name not in (*rests_on, *_OF_WAITING)]
    return tuple(by_name[name].says for name in (*rests_on, *failing))


def _outcome(found: Found, asked: Sequence[Condition]) -> tuple[Outcome, str | None]:
    holds = {condition.name: condition.holds for condition in asked}
    verdicts = set(found.verdicts.values())
    if not holds["minimum_runtime_is_over"]:
        return Outcome.KEEP_RUNNING, None
    if found.winners:
        return _of_winners(found)
    if not verdicts or verdicts & {Verdict.OPEN, Verdict.REVERSED}:
        return Outcome.KEEP_RUNNING, None
    return (Outcome.NO_MEANINGFUL_EFFECT if verdicts == {Verdict.NO_EFFECT} else Outcome.DO_NOT_SHIP), None


def _of_winners(found: Found) -> tuple[Outcome, str | None]:
    """The winner with the greatest effect among those whose guardrails hold."""
    guarded = [row for row in found.comparisons if row.margin is not None and row.variant in found.winners]
    failing = {row.variant for row in guarded if not row.is_non_inferior}
    safe = [variant for variant in found.winners if variant not in failing]
    if safe:
        return Outcome.SHIP, max(safe, key=lambda variant: _effect(found, variant))
    certain = {row.variant for row in guarded if is_worse_for_certain(found.design, row)}
    settled = found.is_over or set(found.winners) <= certain
    return (Outcome.DO_NOT_SHIP if settled else Outcome.KEEP_RUNNING), None


def _effect(found: Found, variant: str) -> float:
    rows = (row for row in found.comparisons if row.role is Role.PRIMARY and row.variant == variant)
    sign = -1 if found.design.primary.lower_is_better else 1
    return sign * (next(rows).effect or 0.0)
