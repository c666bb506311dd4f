"""Versions of a registered model and the aliases that point at them: `champion` serves, `challenger` was trained last.

Aliases, not stages: MLflow has given those up. Must not live here: why an alias moves, and the table that remembers it
(`alias_history.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from echo_ml.tracking.library import mlflow
from echo_ml.tracking.places import Tracking, TrackingError

CHAMPION, CHALLENGER = "champion", "challenger"


@dataclass(frozen=True)
class Version:
    """One version of a registered model: the run that made it, where its files are, and its tags."""

    model: str
    number: int
    run_id: str
    source: str
    tags: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        """As a message names it."""
        return f"version {self.number} of {self.model}"

    @property
    def uri(self) -> str:
        """As MLflow names it."""
        return f"models:/{self.model}/{self.number}"


def registered(
    client: Any, model: str, source: str, model_id: str, run_id: str, tags: Mapping[str, str]
) -> Version:  # fmt: skip
    """Make a logged model, whose files are at `source`, the next version of a name, which is made if it is new."""
    if not client.search_registered_models(filter_string=f"name = '{model}'", max_results=1):
        _make(client, model)
    made = client.create_model_version(model, source=source, run_id=run_id, tags=dict(tags), model_id=model_id)
    return _version(made)


def _make(client: Any, model: str) -> None:
    from mlflow.exceptions import MlflowException

    try:
        client.create_registered_model(model)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":  # another process was faster
            raise


def alias_of(tracking: Tracking, model: str, alias: str) -> Version | None:
    """The version that an alias points at; None if there is no such alias, or no such model."""
    client = tracking.client()
    found = client.search_registered_models(filter_string=f"name = '{model}'", max_results=1)
    number = dict(found[0].aliases).get(alias) if found else None
    return None if number is None else _version(client.get_model_version(model, str(number)))


def version_of(tracking: Tracking, model: str, number: int) -> Version:
    """A version by its number; TrackingError if there is none."""
    try:
        return _version(tracking.client().get_model_version(model, str(number)))
    except mlflow().exceptions.MlflowException as error:
        raise TrackingError(f"{model} has no version {number}: `mlflow models` or `make mlflow` lists them") from error


def point(tracking: Tracking, alias: str, version: Version) -> None:
    """Let an alias point at a version, wherever it pointed before."""
    tracking.client().set_registered_model_alias(version.model, alias, str(version.number))


def _version(found: Any) -> Version:
    return Version(found.name, int(found.version), str(found.run_id or ""), str(found.source), dict(found.tags or {}))
