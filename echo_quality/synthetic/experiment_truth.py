"""What was planted in an experiment and what was drawn: rates by arm and lifts over control, as exact fractions.

Must not live here: any test statistic. Whether a difference is significant is for the platform to say.
"""

from fractions import Fraction

from echo_quality.synthetic.assignments import Assigned
from echo_quality.synthetic.experiments import Design
from echo_quality.synthetic.figures import decimal_text, money, ratio
from echo_quality.synthetic.truth_counts import Arm, Experiment, Lift


def experiment_truth(design: Design, assigned: Assigned) -> Experiment:
    """What was planted in one experiment and what was drawn."""
    arms = [_arm(at, assigned, *arm) for at, arm in enumerate(design.arms)]
    rates = [Fraction(rate, 100) for _, _, rate in design.arms]
    return Experiment(
        experiment_id=design.experiment_id,
        control=design.arms[0][0],
        has_effect=design.has_effect,
        arms=arms,
        lifts=[_lift(arms[0], arm, rates[0], rate) for arm, rate in zip(arms[1:], rates[1:], strict=True)],
    )


def _arm(at: int, assigned: Assigned, name: str, share: int, rate: int) -> Arm:
    here = assigned.arm == at
    users, converted = int(here.sum()), int((here & assigned.converted).sum())
    return Arm(
        arm=name,
        designed_share=decimal_text(Fraction(share, 100), 6),
        true_rate=decimal_text(Fraction(rate, 100), 6),
        users=users,
        conversions=converted,
        conversion_rate=ratio(converted, users),
        revenue=money(int(assigned.cents[here].sum())),
    )


def _lift(control: Arm, arm: Arm, control_rate: Fraction, rate: Fraction) -> Lift:
    absolute: Fraction | None = None
    relative: Fraction | None = None
    if control.users and arm.users:
        base = Fraction(control.conversions, control.users)
        absolute = Fraction(arm.conversions, arm.users) - base
        relative = absolute / base if base else None
    return Lift(
        arm=arm.arm,
        true_absolute=decimal_text(rate - control_rate, 6),
        true_relative=decimal_text((rate - control_rate) / control_rate, 6),
        realised_absolute=None if absolute is None else decimal_text(absolute, 6),
        realised_relative=None if relative is None else decimal_text(relative, 6),
    )
