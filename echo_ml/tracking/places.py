"""Where MLflow keeps runs and models, as one plain value; nothing is connected before it is asked for.

Must not live here: what a run holds (`runs.py`), which model serves (`registry.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_ml.tracking.library import mlflow

if TYPE_CHECKING:
    from echo_ml.tracking.runs import Run

UI = "http://127.0.0.1:5000"
"""Where `make mlflow` shows MLflow."""
DAGSTER_RUN = "dagster.run_id"
"""The tag that leads from a run of MLflow to the run of Dagster that it is part of."""


@lru_cache(maxsize=8)
def _client(uri: str) -> Any:
    """One client a place: each looks at the tables of its database before it does anything."""
    return mlflow().MlflowClient(tracking_uri=uri, registry_uri=uri)


class TrackingError(RuntimeError):
    """MLflow has not what was asked for, or something that must not be used; the message says what to do."""


@dataclass(frozen=True)
class Tracking:
    """A tracking server, or the database of one, and where the files of its models go.

    `artifact_root` is for a database, whose files are ours to place; None leaves it to the server. `ui` is where a
    browser sees it: the server itself, or what `make mlflow` starts.
    """

    uri: str = field(repr=False)
    artifact_root: Path | None = None
    ui: str = UI

    @classmethod
    def at(cls, uri: str, artifact_root: Path) -> Tracking:
        """What is at a URI: a database with its files under a folder, or a server, which has places of its own."""
        if uri.startswith(("http://", "https://")):
            return cls(uri, None, uri.rstrip("/"))
        return cls(uri, artifact_root)

    def client(self) -> Any:
        """MLflow's client for this place. The first one of an empty database makes MLflow's tables."""
        return _client(self.uri)

    def experiment(self, name: str) -> str:
        """The id of an experiment, which is made if it is not there; TrackingError if somebody has deleted it."""
        client = self.client()
        found = client.get_experiment_by_name(name)
        if found is None:
            place = (self.artifact_root / name).absolute().as_uri() if self.artifact_root else None
            return str(client.create_experiment(name, artifact_location=place))
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"the experiment {name} was deleted in MLflow: restore it "
                f"(`mlflow experiments restore -x {found.experiment_id}`)"
            )
        return str(found.experiment_id)

    @contextmanager
    def run(self, experiment: str, run_name: str, tags: Mapping[str, str] | None = None) -> Iterator[Run]:
        """A run that ends with the block, whatever happens in it: FINISHED, FAILED, or KILLED if it was interrupted."""
        from echo_ml.tracking.runs import opened

        with opened(self, experiment, run_name, tags or {}) as run:
            yield run

    def end_cut_off_runs(self, experiment: str, is_running: Callable[[str], bool]) -> list[str]:
        """End what a killed process has left open: the runs of an experiment whose run of Dagster is over.

        A run without the tag of ours is somebody else's and stays as it is. Returns the ids of those that were ended.
        """
        client, ended = self.client(), []
        for run in client.search_runs([self.experiment(experiment)], "attributes.status = 'RUNNING'"):
            dagster_run = run.data.tags.get(DAGSTER_RUN)
            if dagster_run is not None and not is_running(dagster_run):
                client.set_terminated(run.info.run_id, "KILLED")
                ended.append(str(run.info.run_id))
        return ended

    def run_link(self, experiment_id: str, run_id: str) -> str:
        """Where a browser sees a run."""
        return f"{self.ui}/#/experiments/{experiment_id}/runs/{run_id}"

    def version_link(self, model: str, version: int) -> str:
        """Where a browser sees a version of a registered model."""
        return f"{self.ui}/#/models/{model}/versions/{version}"
