"""Designs and evidence for the tests: two arms and a conversion rate, unless a test says otherwise."""

import datetime
from dataclasses import replace

import numpy as np

from echo_ml.experiments.design import Design, Guardrail, Metric, MetricKind
from echo_ml.experiments.evidence import Evidence
from echo_ml.experiments.moments import Moments

START = datetime.date(2024, 3, 1)
RATE = Metric("conversion_rate", MetricKind.PROPORTION, "Share of users that converted.", "fraction")
REVENUE = Metric("revenue_per_user", MetricKind.MEAN, "Mean revenue by user.", "currency")

DESIGN = Design(
    experiment_id="EXP-1",
    name="Checkout button",
    unit="user",
    arms={"control": 0.5, "treatment": 0.5},
    control="control",
    primary=RATE,
    secondary=(),
    guardrails=(),
    mde=0.02,
    alpha=0.05,
    power=0.8,
    looks=1,
    started_on=START,
    ends_on=START + datetime.timedelta(days=13),
    min_days=7,
)
GUARDED = replace(DESIGN, guardrails=(Guardrail(REVENUE, margin=0.5),))
FOUR_ARMS = replace(DESIGN, arms={"control": 0.5, "a": 0.25, "b": 0.15, "c": 0.1})


def rates(counts, days):
    """Moments of users and conversions by arm and day, as evenly as whole numbers go, never more yes than users."""
    totals = np.array(list(counts.values()), dtype=float)[:, :, None]
    users = np.floor(np.linspace(0, 1, days + 1) * totals[:, 0])
    conversions = np.floor(users * totals[:, 1] / np.maximum(totals[:, 0], 1))
    return Moments.of(np.diff(users), np.diff(conversions))


def means(values, users):
    """Moments of a value with mean and standard deviation by arm, on the same users."""
    mean, sd = (np.array([[of[at]] for of in values.values()]) for at in (0, 1))
    return Moments.of(users, users * mean, users * (mean**2 + sd**2))


def evidence(counts, days=14, metrics=None, **more):
    """`counts` has users and conversions by arm, `metrics` mean and deviation by name and arm."""
    converted = rates(counts, days)
    until = START + datetime.timedelta(days=days - 1)
    others = {name: means(values, converted.users) for name, values in (metrics or {}).items()}
    told = {
        "experiment_id": "EXP-1",
        "as_of": until,
        "arms": tuple(counts),
        "days": tuple(START + datetime.timedelta(days=day) for day in range(days)),
        "metrics": {RATE.name: converted, **others},
        "last_assigned_at": datetime.datetime.combine(until, datetime.time(20), datetime.UTC),
    }
    return Evidence(**{**told, **more})
