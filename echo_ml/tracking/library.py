"""Importing MLflow: late, because it takes seconds, and quietly: it reports nothing to anybody.

Every other module of this package gets MLflow from here. Must not live here: any use of it.
"""

from __future__ import annotations

import logging
import os
from typing import Any

QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "GIT_PYTHON_REFRESH": "quiet"}
"""What MLflow looks for in the environment as it is imported."""
_TALKATIVE = ("alembic", "mlflow.store.db.utils", "mlflow.utils.requirements_utils", "mlflow.utils.environment")


def mlflow() -> Any:
    """The package; without telemetry, and without a line of its log for each migration of its tables."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    import mlflow as package

    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    return package
