"""The model card: what a version predicts, what it learnt from, how good it is, where it must not be used.

Written as sections of text and tables; `card_pages.py` makes Markdown and HTML of them. After Mitchell et al., Model
Cards for Model Reporting (2019). Must not live here: any figure that was not measured in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from echo_ml.models.churn import MODEL
from echo_ml.models.churn.figures import Figures, auc
from echo_ml.models.churn.split import CALIBRATE, FIT, TEST
from echo_ml.models.churn.training import Trained
from echo_ml.models.churn.training_set import LABEL

CALIBRATION = "Calibration"
"""The section that a picture belongs to."""
_SEGMENT, _SHOWN = "segment", 15


@dataclass(frozen=True)
class Section:
    """A heading with sentences below it, and a table: columns, and rows of texts."""

    title: str
    sentences: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True)
class Card:
    """A whole one."""

    title: str
    sections: tuple[Section, ...]


def card_of(trained: Trained, version: int, provenance: Mapping[str, str]) -> Card:
    """The card of a version; `provenance` has the runs, times and links behind it by what they are called."""
    horizon = trained.training_set.horizon_days
    about = (
        f"How likely a customer who is active on a day is to show no sign of life in the {horizon} days after it: "
        "no counted order, and no subscription that still runs at their end.",
        f"Active is who has ordered in the {horizon} days before, or has a running subscription. "
        "Of anybody else the model says nothing: they have left already, or never came.",
    )
    origin = tuple((name, value) for name, value in provenance.items())
    return Card(
        f"{MODEL}, version {version}",
        (
            Section("What it predicts", about),
            _decision(trained),
            _data(trained),
            _competition(trained),
            _calibration(trained),
            *_segments(trained),
            _importances(trained),
            _limits(trained),
            Section("Where it comes from", columns=("what", "which"), rows=origin),
        ),
    )


def _decision(trained: Trained) -> Section:
    said = "It became champion" if trained.promotion.is_promoted else "It did not become champion"
    return Section("Decision", (f"{said}: {'; '.join(trained.promotion.reasons)}.",))


def _data(trained: Trained) -> Section:
    training_set = trained.training_set
    use = {FIT: "learnt from", CALIBRATE: "calibrated on", TEST: "tested on"}
    rows = []
    for part, count in training_set.counts().items():
        days = training_set.days(part)
        span = str(days[0]) if len(days) == 1 else f"{days[0]} to {days[-1]}, {len(days)} month ends"
        share = f"{count['churned'] / count['rows']:.1%}"
        rows.append((use[part], span, f"{count['rows']}", f"{count['customers']}", share))
    sentences = (
        f"Version {training_set.data_version}.",
        "Every feature is what was known at the snapshot (a point-in-time join); a later correction is not seen. "
        "What came of one part was known before the next one begins. Each customer was predicted by a model that had "
        "not learnt from them.",
    )
    return Section("Data", sentences, ("part", "snapshots", "rows", "customers", "churned"), tuple(rows))


def _competition(trained: Trained) -> Section:
    columns = (
        "model",
        "AUC cross-validated",
        "AUC",
        "average precision",
        "Brier",
        "calibration error",
        "lift of a tenth",
    )
    rows = [
        _row(name, f"{each.crossed.auc_mean:.3f} ± {each.crossed.auc_deviation:.3f}", each.figures)
        for name, each in trained.competitors.items()
    ]
    if trained.champion is not None and trained.rival is not None:
        rows.append(_row(f"champion (version {trained.rival.version})", "", trained.champion))
    said = (
        "Cross-validated: at the early snapshots, grouped by customer. All else: out of time and of customers unseen."
    )
    return Section("How good it is", (said,), columns, tuple(rows))


def _row(name: str, crossed: str, figures: Figures) -> tuple[str, ...]:
    values = (figures.auc, figures.average_precision, figures.brier, figures.ece)
    return (name, crossed, *(f"{value:.3f}" for value in values), f"{figures.lift:.2f}")


def _calibration(trained: Trained) -> Section:
    curve = trained.best.figures.curve
    rows = tuple((f"{each.predicted:.3f}", f"{each.observed:.3f}", f"{each.customers}") for each in curve)
    standing = trained.best.standing
    said = (
        f"The expected calibration error is {standing.ece:.3f}, {trained.best.raw_figures.ece:.3f} before calibration; "
        f"up to {standing.ece_limit:.3f} is allowed with {trained.best.figures.customers} customers."
    )
    return Section(CALIBRATION, (said,), ("predicted", "came true", "customers"), rows)


def _segments(trained: Trained) -> list[Section]:
    """Whether it is as good for one segment as for another."""
    test = trained.training_set.part(TEST)
    if _SEGMENT not in test:
        return []
    rows = []
    probabilities, outcomes = trained.best.crossed.probabilities, test[LABEL].to_numpy()
    for segment in sorted(test[_SEGMENT].unique()):
        chosen = (test[_SEGMENT] == segment).to_numpy()
        area = auc(outcomes[chosen], probabilities[chosen])
        known = "not known" if area != area else f"{area:.3f}"
        shares = (f"{outcomes[chosen].mean():.3f}", f"{probabilities[chosen].mean():.3f}")
        rows.append((str(segment), f"{int(chosen.sum())}", *shares, known))
    columns = ("segment", "customers", "churned", "predicted", "AUC")
    return [Section("By segment", columns=columns, rows=tuple(rows))]


def _importances(trained: Trained) -> Section:
    rows = tuple((each.feature, f"{each.loss:.4f}", f"{each.deviation:.4f}") for each in trained.importances[:_SHOWN])
    unused = sorted(set(trained.training_set.columns) - set(trained.challenger.candidate.columns))
    left_out = f"Left out, since they say the same of everybody: {', '.join(unused)}."
    said = (
        f"What the AUC loses when a feature is shuffled, the first {len(rows)} of {len(trained.importances)}. "
        "Features that say the same share it, so that a small loss does not mean that a feature is worth nothing."
    )
    return Section(
        "What it goes by", tuple(filter(None, (said, left_out))), ("feature", "loss of AUC", "deviation"), rows
    )


def _limits(trained: Trained) -> Section:
    figures = trained.best.figures
    days = trained.training_set.days(FIT)
    return Section(
        "Limits",
        (
            f"The test has {figures.customers} customers, {figures.churned} of whom churned.",
            f"It has learnt from {days[0]} to {days[-1]}; a business that has changed since is another one.",
            "It tells who is likely to leave, not why, and not whom an offer would keep: features go together with "
            "leaving and need not cause it.",
            "Customers of whom little is known yet are predicted by what is usual.",
            "It is made to rank and to plan by, and not to refuse anybody anything.",
        ),
    )
