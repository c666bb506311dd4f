"""What `echoctl run` reports: one value, printed for a person or as the JSON object that scripts rely on.

The object's schema is in the docstring of `RunSummary.as_json`; it changes only with a decision record.
"""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from psycopg import Connection

from echo_assets.planner.report import FailedStep, RunReport
from echo_assets.sources import Sources
from echo_assets.verdicts import Verdicts
from echo_quality.loading.loads import Load, standing_loads

_MEGABYTE = 1024 if sys.platform.startswith("linux") else 1024 * 1024


@dataclass(frozen=True)
class FileOutcome:
    """A file of the landing folder with the load that stands for it; `is_new` if this run made that load."""

    load: Load
    is_new: bool

    @property
    def status(self) -> str:
        """`loaded`, `replaced`, `unchanged` or `refused`."""
        return "refused" if self.load.status == "refused" else (self.load.status if self.is_new else "unchanged")

    def as_json(self) -> dict[str, Any]:
        """The load's ledger row."""
        load = self.load
        counts = {name: getattr(load, name) or 0 for name in _COUNTS}
        reason = {"reason": load.reason} if load.reason else {}
        return {
            "source": load.source, "file": load.file, "sha256": load.sha256, **counts, "status": self.status, **reason,
        }  # fmt: skip


_COUNTS = ("rows_in_file", "staged", "withheld", "quarantined", "duplicates")


@dataclass(frozen=True)
class RunSummary:
    """Everything that one `echoctl run` has to say."""

    files: tuple[FileOutcome, ...]
    verdicts: Verdicts
    metrics: dict[str, Any]
    reports: tuple[RunReport, ...]
    seconds: float
    experiments: tuple[dict[str, Any], ...] = ()
    models: dict[str, Any] = field(default_factory=dict)

    @property
    def failed_steps(self) -> list[FailedStep]:
        """Steps that failed in this run."""
        return [step for report in self.reports for step in report.failed]

    @property
    def open_refusals(self) -> list[FileOutcome]:
        """Files that stand refused."""
        return [file for file in self.files if file.status == "refused"]

    @property
    def is_good(self) -> bool:
        """Nothing failed, no blocking check is red, no refused load is open."""
        succeeded = all(report.succeeded for report in self.reports)
        return succeeded and not self.open_refusals and not self.verdicts.blocking_failures

    @property
    def changed_nothing(self) -> bool:
        """There was nothing to take in and nothing to build."""
        return not self.reports

    def as_json(self) -> dict[str, Any]:
        """One object: loads[], checks, metrics, experiments[], models, assets, changed, ok, seconds, peak_rss_mb.

        Each of `experiments` is one as of its newest day: experiment, as_of, decision, blocked_by (the condition that
        blocks it, or null), variant (the arm that is decided on, or null), reasons[], would_change[]. `models` has
        churn (`training/summary.py`) and revenue_forecast (`forecast/summary.py`), each null before the first one.
        """
        return {
            "ok": self.is_good,
            "changed": not self.changed_nothing,
            "loads": [file.as_json() for file in self.files],
            "checks": self.verdicts.as_json(),
            "metrics": self.metrics,
            "experiments": list(self.experiments),
            "models": self.models,
            "assets": {
                "materialized": len({asset for report in self.reports for asset in report.materialized}),
                "skipped": len({asset for report in self.reports for asset in report.skipped}),
                "failed": len({asset for step in self.failed_steps for asset in step.assets}),
            },
            "errors": [{"step": step.step, "message": step.message} for step in self.failed_steps],
            "seconds": round(self.seconds, 2),
            "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _MEGABYTE, 1),
        }


def file_outcomes(sources: Sources, connection: Connection[Any], newer_than: int) -> Iterable[FileOutcome]:
    """Every file in the landing folder that has a load, in order of source and name; new are loads above a number."""
    for source in sources.contracts:
        standing = standing_loads(connection, source)
        for key in sources.files(source):
            if key in standing:
                yield FileOutcome(standing[key], standing[key].load_id > newer_than)


def latest_load(connection: Connection[Any]) -> int:
    """The number of the newest load there is."""
    row = connection.execute("select coalesce(max(load_id), 0) from ops.loads").fetchone()
    return int(row[0]) if row else 0
