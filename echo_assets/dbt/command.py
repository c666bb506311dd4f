"""One dbt command as a value, and what both ways of running it share: arguments, event names, the failure.

How a command is run is in ``in_process`` and ``in_subprocess``; what its events mean to Dagster is in ``build``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

RawEvent = dict[str, Any]
"""A structured log event of dbt: ``info`` (name, message, level) and ``data``."""

RESULTS = frozenset({"LogSeedResult", "LogModelResult", "LogSnapshotResult", "LogTestResult"})
"""Events that say how a node ended; dagster-dbt turns them into materialisations and check results."""

PROBLEMS = {"RunResultError": "msg", "MainEncounteredError": "exc"}
"""Events that say why a node, or the whole command, failed, and the field that holds the reason."""

PARSED_PROJECT = "partial_parse.msgpack"
"""dbt's own serialised manifest: loading it takes milliseconds where parsing takes seconds."""


class DbtError(RuntimeError):
    """The command ended without success; the events before it say which nodes failed."""


@dataclass(frozen=True)
class DbtBuild:
    """``dbt build`` of exactly these nodes."""

    project_dir: Path
    parsed: Path
    """The folder that ``prepare_manifest`` filled."""
    artifacts: Path
    """Where this run's log and compiled SQL go."""
    nodes: frozenset[str]
    """Unique ids of models, seeds and tests; nothing else runs, not even a test of a neighbour."""
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Holds a password: never printed."""
    full_refresh: bool = False
    """Whether incremental models are made from nothing."""

    @property
    def log_file(self) -> Path:
        """The log that dbt keeps of this command; every statement that it ran is beside it, in ``run``."""
        return self.artifacts / "dbt.log"

    def arguments(self, selection: str) -> list[str]:
        """Return the command line without the program; `selection` is in dbt's syntax."""
        return [
            "build",
            *("--select", *selection.split(" ")),
            *("--indirect-selection", "empty"),
            *("--exclude-resource-type", "unit_test"),
            *(("--full-refresh",) if self.full_refresh else ()),
            *("--vars", json.dumps(dict(self.variables))),
            *locations(self.project_dir, self.artifacts),
            *("--log-level-file", "info"),  # a seventh of a build's time went into writing down every statement
            *("--no-write-json", "--no-print", "--no-use-colors", "--no-use-colors-file"),
        ]


def locations(project_dir: Path, artifacts: Path) -> list[str]:
    """Return the flags that say where the project is and where a command may write."""
    return [
        *("--project-dir", str(project_dir)),
        *("--profiles-dir", str(project_dir)),
        *("--target-path", str(artifacts)),
        *("--log-path", str(artifacts)),
        "--no-send-anonymous-usage-stats",
    ]
