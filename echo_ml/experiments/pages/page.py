"""The page of one readout: a single HTML file with its style and charts inside, which loads nothing from anywhere.

What stands where is in `templates/`; every text from outside is escaped there. Nothing of a person is in a readout, so
nothing of a person can be on the page.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from echo_ml.experiments.decisions.decision_table import RED_SAMPLE_RATIO, YELLOW_SAMPLE_RATIO
from echo_ml.experiments.design import Design
from echo_ml.experiments.findings import Path, Readout, Role
from echo_ml.experiments.pages import lift_plots, plots
from echo_ml.experiments.pages.environment import rendered
from echo_ml.experiments.pages.registry_row import registry_row
from echo_ml.experiments.pages.wording import level, p_value, plain, scale_of

_COUNTED_IN = "experiments.experiment_daily"


def page_of(readout: Readout) -> str:
    """The whole page as HTML; the same readout has the same page. Of a readout without a design, what to declare."""
    design = readout.design
    about = {} if design is None else _about(readout, design)
    return rendered(
        "readout.html",
        readout=readout,
        ratio=_sample_ratio(readout.srm_p_value),
        everybody=sum(arm.users for arm in readout.exposure),
        arms=list(dict.fromkeys(arm for each in readout.timeline for arm in each.users)),
        charts={**about.pop("charts", {}), "exposure": plots.exposure(readout.timeline, design)},
        registry=None if design else registry_row(readout),
        traces=_traces(readout),
        **about,
    )


def _about(readout: Readout, design: Design) -> dict[str, Any]:
    """What only a registered experiment has."""
    return {
        "charts": {
            "effects": lift_plots.effects(readout.comparisons, design),
            "posterior": lift_plots.posterior(readout.comparisons, design),
            "power": readout.power and plots.power(readout.power, design),
        },
        "paths": _paths(readout.paths, design),
        "primary": [row for row in readout.comparisons if row.role is Role.PRIMARY],
        "primary_scale": scale_of(design.primary.kind, design.primary.unit),
        "holds": level(design.alpha),
        "methods": list(dict.fromkeys(f"{row.metric}: {row.method}" for row in readout.comparisons)),
    }


def _paths(paths: Sequence[Path], design: Design) -> list[tuple[Path, str | None]]:
    return [(path, plots.path(path, design)) for path in paths]


def _sample_ratio(p: float | None) -> Mapping[str, str]:
    """What the sample ratio's p-value says, in short and as a sentence."""
    if p is None:
        return {"says": "nobody yet", "sentence": "Nobody is assigned yet, so the split cannot be judged."}
    judged, meaning = _judged(p)
    return {
        "says": judged,
        "sentence": f"Sample ratio, chi-square against the designed split: p {p_value(p)}, {judged}. {meaning}",
    }


def _judged(p: float) -> tuple[str, str]:
    if p < RED_SAMPLE_RATIO:
        return "broken", (
            "Units are missing from an arm, or came to it in another way than planned. As nobody knows which, no "
            "figure of this experiment can be trusted."
        )
    if p < YELLOW_SAMPLE_RATIO:
        return "suspicious", "A split like this is rare by chance. Look at how units are assigned and logged."
    return "as designed", "Chance alone explains how the arms differ in size."


def _traces(readout: Readout) -> list[str]:
    """Commands that lead from the counts to the rows of files, one for each arm."""
    experiment = _quoted("experiment_id", readout.experiment_id)
    arms = [f"{experiment} {_quoted('variant_name', arm.variant)}" for arm in readout.exposure]
    return [f"echoctl trace {_COUNTED_IN}.users {where}" for where in arms or [experiment]]


def _quoted(column: str, value: str) -> str:
    return f"--where {shlex.quote(f'{column}={plain(value, 300)}')}"
