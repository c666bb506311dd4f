"""Readouts for the UI of the asset graph: a Markdown table of many, and a small picture of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from echo_ml.experiments.findings import Comparison, Readout, Role
from echo_ml.experiments.pages import lift_plots
from echo_ml.experiments.pages.canvas import png
from echo_ml.experiments.pages.palette import LIGHT
from echo_ml.experiments.pages.wording import (
    UNKNOWN,
    VERDICTS,
    count,
    day,
    lift,
    lift_span,
    metric_name,
    p_value,
    plain,
    scale_of,
)

_HEAD = ("experiment", "as of", "decision", "arm", "primary metric", "control", "arm's", "lift", "p", "users", "why")


def table_of(readouts: Iterable[Readout]) -> str:
    """A Markdown table, one row by experiment and arm; names are escaped, so that none can break out of its cell."""
    rows = [row for readout in readouts for row in _rows(readout)]
    if not rows:
        return "No experiment runs on that day.\n"
    lines = [_HEAD, ("---",) * len(_HEAD), *([_cell(text) for text in row] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def picture_of(readout: Readout) -> bytes:
    """A PNG: the decision in words, and below it the lifts with their intervals."""
    shown = lift_plots.lines(readout.comparisons, readout.design) if readout.design else []
    verdict = VERDICTS[readout.decision.outcome]
    variant = f" {plain(readout.decision.variant, 30)}" if readout.decision.variant else ""
    name = plain(readout.design.name if readout.design else readout.experiment_id, 44)

    def draw(figure: Any) -> None:
        figure.suptitle(f"{verdict.says}{variant}: {name}, {day(readout.as_of)}", fontsize=11.5, fontweight="bold",
                        color=LIGHT[verdict.tone])  # fmt: skip
        if shown:
            lift_plots.forest(figure, shown)
        else:
            figure.text(0.5, 0.3, "nothing to compare yet", ha="center", color=LIGHT["soft"])

    return png(7.2, lift_plots.height_of(shown) + 0.3, draw)


def _rows(readout: Readout) -> Iterable[tuple[str, ...]]:
    users = count(sum(arm.users for arm in readout.exposure))
    why = "; ".join(readout.decision.reasons) or UNKNOWN
    verdict = VERDICTS[readout.decision.outcome]
    head = (readout.experiment_id, readout.as_of.isoformat(), f"{verdict.sign} {verdict.says}")
    primary = [row for row in readout.comparisons if row.role is Role.PRIMARY]
    for row in primary:
        yield *head, row.variant, *_figures(row), users, why
    if not primary:
        yield *head, "", "", "", "", "", "", users, why


def _figures(row: Comparison) -> tuple[str, ...]:
    scale = scale_of(row.kind, row.unit)
    return (
        metric_name(row.metric), scale.value(row.control_value), scale.value(row.value),
        f"{lift(row.lift, row.lift_interval)} ({lift_span(row.lift_interval)})", p_value(row.p_value),
    )  # fmt: skip


def _cell(text: str) -> str:
    """One line, with every character that means something in Markdown or HTML made harmless."""
    return re.sub(r"([\\`*_{}\[\]<>|~#!&])", r"\\\1", plain(text, 200))
