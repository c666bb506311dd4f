"""Pages under `$ECHO_HOME/docs/experiments`: one an experiment, and one over all. How they look is not said here."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from echo_assets.settings import Settings

if TYPE_CHECKING:
    from echo_ml.experiments.findings import Readout
    from echo_ml.experiments.portfolio import Portfolio


def page_of(settings: Settings, experiment_id: str) -> Path:
    """Where the page of an experiment is, whatever its id: a readable name, and the beginning of the id's sha256."""
    slug = re.sub(r"[^a-z0-9._-]+", "-", experiment_id.lower()).strip("-.")[:60] or "experiment"
    return _folder(settings) / f"{slug}--{hashlib.sha256(experiment_id.encode()).hexdigest()[:8]}.html"


def index_page(settings: Settings) -> Path:
    """Where the page over all experiments is."""
    return _folder(settings) / "index.html"


def write_pages(settings: Settings, readouts: Iterable[Readout], portfolio: Portfolio) -> None:
    """Write the pages of these experiments, and the one over all; each at once, in the place of an earlier one."""
    from echo_ml.experiments import pages

    _folder(settings).mkdir(parents=True, exist_ok=True)
    for readout in readouts:
        _replace(page_of(settings, readout.experiment_id), pages.page_of(readout))
    _replace(index_page(settings), pages.portfolio_page(portfolio))


def portfolio_of(readouts: Sequence[Readout], *, sampled: bool = False) -> Portfolio:
    """All experiments beside each other; their effects are pooled in closed form, or by a model that is sampled."""
    from echo_ml.experiments.portfolio import portfolio

    return portfolio(readouts, seed=_SEED, shrink=sampled)


_SEED = 1


def _folder(settings: Settings) -> Path:
    return settings.docs / "experiments"


def _replace(path: Path, text: str) -> None:
    partial = path.with_name(f".{os.getpid()}-{path.name}.part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)
