"""A classifier of scikit-learn as files of MLflow, and back: in skops' format, never as a pickle.

MLflow believes the list of trusted types that lies beside a model, so whoever can write there can have code run. Here a
model is read only if its files are those that were registered, and only types of the list below are made of them.
Must not live here: which version is asked for (`registry.py`).
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version as installed
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from echo_ml.tracking.library import mlflow
from echo_ml.tracking.places import Tracking, TrackingError
from echo_ml.tracking.registry import Version, registered

if TYPE_CHECKING:
    from echo_ml.tracking.runs import Run

TRUSTED = (
    "numpy.dtype",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
)
"""The types beyond those that skops trusts of which our models are made. None of them runs code when it is made."""
SHA256 = "echo.sha256"
"""The tag of a version with the hash of its files."""
_FILES = ("MLmodel", "model.skops")
_REQUIRED = ("scikit-learn", "skops", "mlflow", "pandas", "numpy")


@dataclass(frozen=True)
class LoadedModel:
    """A model with the version it is, and the columns it takes by MLflow's type, in their order."""

    model: Any
    version: Version
    columns: Mapping[str, str]


def logged(run: Run, model: Any, columns: Mapping[str, str], registered_as: str, tags: Mapping[str, str]) -> Version:
    """Write a fitted classifier as a model of this run, and register it as the next version of a name."""
    client = run.client
    made = client.create_logged_model(run.experiment_id, name=registered_as, source_run_id=run.run_id)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model"
        _save(model, columns, place, made.model_id, run.run_id)
        sha256 = sha256_of(place)
        client.log_model_artifacts(made.model_id, str(place))
    client.finalize_logged_model(made.model_id, "READY")
    output = mlflow().entities.LoggedModelOutput(made.model_id, step=0)
    client.log_outputs(run.run_id, [output])
    # A database would look for "models:/..." at MLflow's global address, which is not ours; a server looks at itself.
    source = str(made.artifact_location) if run.tracking.artifact_root else f"models:/{made.model_id}"
    return registered(client, registered_as, source, made.model_id, run.run_id, {**tags, SHA256: sha256})


def skops_io() -> Any:
    """The package `skops.io`, imported without the names of ufuncs.

    It lists the ufuncs of NumPy and SciPy as trusted and looks for each of them in every module that is loaded, which
    takes seconds where Dagster is. No model of ours holds one, so that it finds none to look for.
    """
    import numpy
    import scipy.special

    kept = {module: vars(module).get("__dir__") for module in (numpy, scipy.special)}
    try:
        for module in kept:
            vars(module)["__dir__"] = list
        import skops.io
    finally:
        for module, listing in kept.items():
            vars(module).pop("__dir__")
            vars(module).update({} if listing is None else {"__dir__": listing})
    return skops.io


def _save(model: Any, columns: Mapping[str, str], place: Path, model_id: str, run_id: str) -> None:
    sklearn_flavour = mlflow().sklearn
    skops_io()
    import numpy as np
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, Schema, TensorSpec

    sklearn_flavour.save_model(
        model,
        str(place),
        mlflow_model=Model(model_uuid=model_id, model_id=model_id, run_id=run_id),
        signature=ModelSignature(
            inputs=Schema([ColSpec(kind, name) for name, kind in columns.items()]),
            outputs=Schema([TensorSpec(np.dtype("float64"), (-1, 2))]),
        ),
        serialization_format="skops",
        skops_trusted_types=list(TRUSTED),
        pip_requirements=[f"{name}=={installed(name)}" for name in _REQUIRED],
        pyfunc_predict_fn="predict_proba",
    )


def sha256_of(place: Path) -> str:
    """The hash of what a model is read from: its description and its content."""
    found = hashlib.sha256()
    for name in _FILES:
        content = (place / name).read_bytes()
        found.update(f"{name} {len(content)}\n".encode())
        found.update(content)
    return found.hexdigest()


def loaded(tracking: Tracking, version: Version) -> LoadedModel:
    """Read a registered model; TrackingError if its files are not what was registered, or hold anything not trusted."""
    mlflow()
    skops = skops_io()
    from mlflow.models import Model

    expected = version.tags.get(SHA256)
    if expected is None:
        raise TrackingError(f"{version} was not registered by this platform, which has no hash of it: train again")
    with tempfile.TemporaryDirectory() as folder:
        place = _files(tracking, version, Path(folder))
        if sha256_of(place) != expected:
            raise TrackingError(f"the files of {version} are not those that were registered: they are not read")
        described = Model.load(str(place / "MLmodel"))
        untrusted = set(skops.get_untrusted_types(file=place / "model.skops")) - set(TRUSTED)
        if untrusted:
            raise TrackingError(f"{version} holds {', '.join(sorted(untrusted))}, which are not trusted: train again")
        model = skops.load(place / "model.skops", trusted=list(TRUSTED))
    inputs = described.signature.inputs
    return LoadedModel(model, version, {column.name: column.type.name for column in inputs})


def _files(tracking: Tracking, version: Version, folder: Path) -> Path:
    """The folder of a model's files: where it lies, or a copy of it where it lies on a server."""
    client = tracking.client()
    uri = version.source
    if uri.startswith("models:/m-"):
        uri = str(client.get_logged_model(uri.removeprefix("models:/")).artifact_location)
    parts = urlsplit(uri)
    if parts.scheme in ("", "file"):
        place = Path(unquote(parts.path))
        if not all((place / name).is_file() for name in _FILES):
            raise TrackingError(f"the files of {version} are not at {place}: train again, or bring them back")
        return place
    found = mlflow().artifacts.download_artifacts(artifact_uri=uri, dst_path=str(folder), tracking_uri=tracking.uri)
    return Path(found)
