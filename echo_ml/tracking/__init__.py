"""Runs and models in MLflow: where they are kept, how a run begins and always ends, which version serves.

`places.py` says where MLflow keeps its state, `runs.py` opens a run, `sklearn_models.py` writes and reads a model,
`registry.py` has versions and aliases, `alias_history.py` the table of every move of an alias. MLflow is used through
its client alone: nothing is kept in the process, so that no run can write into another one.
Must not live here: what is trained, and when a model is good enough.
"""

from echo_ml.tracking.places import Tracking, TrackingError
from echo_ml.tracking.runs import Run

__all__ = ["Run", "Tracking", "TrackingError"]
