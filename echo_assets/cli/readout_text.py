"""Readouts of experiments as a terminal shows them; digits, units and words are those of the pages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from echo_assets.cli.tables import write_table
from echo_assets.readouts.traffic import Traffic
from echo_ml.experiments.design import Metric
from echo_ml.experiments.findings import Comparison, Condition, Readout
from echo_ml.experiments.pages import wording
from echo_ml.experiments.sizes.planning import Plan
from echo_ml.experiments.sizes.sizing import ErrorRates


def listed(readout: Readout) -> dict[str, Any]:
    """One row of `echoctl experiment list`."""
    design = readout.design
    return {
        "experiment": readout.experiment_id,
        "unit": design.unit if design else None,
        "arms": ", ".join(f"{arm} {wording.exactly(share)}" for arm, share in design.arms.items()) if design else None,
        "method": str(design.method) if design else None,
        "as_of": readout.as_of.isoformat(),
        "day": _day_of(readout),
        "users": sum(arm.users for arm in readout.exposure),
        "decision": str(readout.decision),
        "variant": readout.decision.variant,
    }


def print_readout(readout: Readout, computed_at: str, page: Path) -> None:
    """The whole of it, as far as a decision needs it; charts are on the page."""
    name = f" ({readout.design.name})" if readout.design else ""
    print(f"{readout.experiment_id}{name} as of {readout.as_of}: {readout.decision}")
    print(f"{readout.paragraph}\n" if readout.paragraph else "")
    if readout.comparisons and readout.decision.blocked_by:
        print("The data cannot carry a decision, so the figures below are not to be believed.")
    if readout.comparisons:
        rows = [_compared(row) for row in readout.comparisons]
        write_table(list(rows[0]), [list(row.values()) for row in rows])
        print()
    _print_list("Why", readout.decision.reasons)
    _print_list("Does not hold", [_said(each) for each in readout.conditions if not each.holds])
    _print_list("What would change it", readout.decision.would_change)
    _print_list("Note", readout.warnings)
    print(f"Computed {computed_at}. Page: {page}{'' if page.is_file() else ' (not written yet)'}")


def _day_of(readout: Readout) -> str | None:
    design = readout.design
    if design is None:
        return None
    day = (readout.as_of - design.started_on).days + 1
    return f"{day} of {(design.ends_on - design.started_on).days + 1}" if design.ends_on else f"{day}, no end"


def _compared(row: Comparison) -> dict[str, str]:
    scale = wording.scale_of(row.kind, row.unit)
    return {
        "metric": wording.metric_name(row.metric),
        "for": str(row.role),
        "arm": wording.plain(row.variant),
        "control": scale.value(row.control_value),
        "arm's": scale.value(row.value),
        "effect": f"{scale.effect(row.effect, row.interval)}, {scale.between(row.interval)}",
        "lift": wording.lift(row.lift, row.lift_interval),
        "p": wording.p_value(row.p_value),
        "p adjusted": wording.p_value(row.p_adjusted),
        "P(arm wins)": wording.chance(row.bayes.prob_variant_wins) if row.bayes else "",
    }


def _said(condition: Condition) -> str:
    change = f" To mend it: {condition.change}" if condition.change else ""
    return f"{condition.name}{' (blocks)' if condition.blocks else ''}: {wording.sentence(condition.says)}{change}"


def _print_list(title: str, items: Any) -> None:
    if items:
        print(f"{title}:\n  " + "\n  ".join(items) + "\n")


def print_plan(
    metric: Metric, plan: Plan, traffic: Traffic, shares: Sequence[float], mde: float, rates: ErrorRates
) -> None:  # fmt: skip
    """Users and days, then what they rest on."""
    scale = wording.scale_of(metric.kind, metric.unit)
    each = ", ".join(f"{wording.exactly(share)}: {users:,}" for share, users in zip(shares, plan.by_arm, strict=True))
    days = "nobody knows how many days: no user came by" if plan.days is None else wording.counted(plan.days, "day")
    print(f"{plan.needed:,} users ({each}), {days} at {traffic.users_a_day:,.1f} users a day")
    relative = f", {wording.lift(mde / plan.baseline)} of {scale.value(plan.baseline)}" if plan.baseline else ""
    sides = "one-sided" if rates.sides == 1 else "two-sided"
    print(f"Effect      {scale.size(mde)} on {wording.metric_name(metric.name)}{relative}")
    print(f"Errors      alpha {rates.alpha:g} {sides}, power {rates.power:g}; one look, at the end")
    print(f"Formula     {plan.formula}")
    days, units = f"{traffic.first_day} to {traffic.last_day}", f"{float(traffic.control.users):,.0f} units"
    experiments = wording.counted(traffic.experiments, "experiment")
    print(f"Measured    {days}: {units} under control of {experiments}, standard deviation {plan.std_deviation:,.4g}")
