"""The feature repository of the `feast` command: every declared view as an object. Only Feast imports it.

Feast loads each Python file of this folder that `.feastignore` does not leave out, and takes the objects it finds.
"""

from pathlib import Path

from feast.repo_config import load_repo_config

from echo_ml.features.feast_objects import feast_objects, named
from echo_ml.features.own_views import all_views

_HERE = Path(__file__).resolve().parent
_TIMEZONE = str(getattr(load_repo_config(_HERE, _HERE / "feature_store.yaml"), "timezone", None) or "UTC")

globals().update(named(feast_objects(all_views(), _TIMEZONE)))
