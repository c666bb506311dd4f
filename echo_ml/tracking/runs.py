"""One run of MLflow as a value: parameters, metrics, data, files and models go into this run and into no other.

The run is named in every call, there is no active one: MLflow's fluent functions write into whatever run is open in the
process. Must not live here: where MLflow is (`places.py`), how a model becomes a file (`sklearn_models.py`).
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from echo_ml.tracking.library import mlflow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from echo_ml.tracking.places import Tracking
    from echo_ml.tracking.registry import Version

MAX_PARAM = 6000
"""The longest value of a parameter that MLflow takes."""


@dataclass(frozen=True)
class Run:
    """An open run. A dataset or a model that is logged in it leads back here."""

    tracking: Tracking
    client: Any
    experiment_id: str
    run_id: str

    @property
    def link(self) -> str:
        """Where a browser sees it."""
        return self.tracking.run_link(self.experiment_id, self.run_id)

    def log_params(self, params: Mapping[str, object]) -> None:
        """What the run was given. A list is logged as JSON; one that is too long belongs in a file."""
        from mlflow.entities import Param

        texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in params.items()}
        too_long = [name for name, text in texts.items() if len(text) > MAX_PARAM]
        if too_long:
            raise ValueError(f"parameters of more than {MAX_PARAM} characters: log {', '.join(too_long)} as a file")
        self.client.log_batch(self.run_id, params=[Param(name, text) for name, text in texts.items()])

    def log_metrics(self, metrics: Mapping[str, float | None]) -> None:
        """Figures of the run; one that there is none of (None) is left out."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        given = {name: float(value) for name, value in metrics.items() if value is not None}
        self.client.log_batch(self.run_id, metrics=[Metric(name, value, now, 0) for name, value in given.items()])

    def log_dataset(
        self, name: str, version: str, source: str, columns: Mapping[str, str], profile: Mapping[str, object],
        context: str = "training",
    ) -> None:  # fmt: skip
        """Which data went in: a name, a version (a hash of the content), where it lies, columns by type, and counts.

        MLflow shows the first 36 characters of the version.
        """
        from mlflow.entities import Dataset, DatasetInput, InputTag

        schema = [{"name": column, "type": kind, "required": True} for column, kind in columns.items()]
        dataset = Dataset(
            name=name, digest=version[:36], source_type="local", source=json.dumps({"uri": source}),
            schema=json.dumps({"mlflow_colspec": schema}), profile=json.dumps(dict(profile)),
        )  # fmt: skip
        self.client.log_inputs(self.run_id, [DatasetInput(dataset, [InputTag("mlflow.data.context", context)])])

    def log_text(self, text: str, name: str) -> None:
        """A text as a file of the run: Markdown, HTML, SQL, JSON."""
        self.client.log_text(self.run_id, text, name)

    def log_table(self, rows: Sequence[Mapping[str, object]], name: str) -> None:
        """Rows of the same columns as a table that MLflow shows (`name` ends in .json)."""
        columns = {column: [row[column] for row in rows] for column in (rows[0] if rows else ())}
        self.client.log_table(self.run_id, columns, name)

    def log_figure(self, figure: Figure, name: str) -> None:
        """A figure as a file of the run (`name` ends in .png or .svg)."""
        self.client.log_figure(self.run_id, figure, name)

    def set_tags(self, tags: Mapping[str, str]) -> None:
        """What the run is found by."""
        from mlflow.entities import RunTag

        self.client.log_batch(self.run_id, tags=[RunTag(name, value) for name, value in tags.items()])

    def log_sklearn_model(
        self, model: Any, columns: Mapping[str, str], registered_as: str, tags: Mapping[str, str] | None = None
    ) -> Version:
        """Write a classifier of scikit-learn and register it.

        `columns` are its inputs by MLflow's type (double, string), in their order.
        """
        from echo_ml.tracking.sklearn_models import logged

        return logged(self, model, columns, registered_as, tags or {})


@contextmanager
def opened(tracking: Tracking, experiment: str, run_name: str, tags: Mapping[str, str]) -> Iterator[Run]:
    """The run of `Tracking.run`."""
    client, experiment_id = tracking.client(), tracking.experiment(experiment)
    given = {"mlflow.source.name": "echo", "mlflow.source.type": "JOB", **tags}
    run_id = str(client.create_run(experiment_id, run_name=run_name, tags=given).info.run_id)
    try:
        yield Run(tracking, client, experiment_id, run_id)
    except BaseException as error:
        # What happened in the block is what must be told, also where MLflow cannot be reached any more.
        with suppress(mlflow().exceptions.MlflowException):
            client.set_terminated(run_id, "FAILED" if isinstance(error, Exception) else "KILLED")
        raise
    client.set_terminated(run_id, "FINISHED")
