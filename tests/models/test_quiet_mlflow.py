"""MLflow reports nothing to anybody: a run that is logged in a process of its own looks no host up."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from echo_assets.settings import PROJECT
from echo_ml.tracking import Tracking

pytestmark = pytest.mark.database


def test_importing_mlflow_the_way_we_do_reports_nothing_to_anybody(tracking: Tracking) -> None:
    """In a process that knows of no test or CI, where MLflow would report."""
    code = f"""
import sys, json
hosts = []
sys.addaudithook(lambda event, args: hosts.append(str(args[0])) if event == "socket.getaddrinfo" else None)
from pathlib import Path
from echo_ml.tracking import Tracking
tracking = Tracking.at({tracking.uri!r}, Path({str(tracking.artifact_root)!r}))
with tracking.run("quiet", "quiet") as run:
    run.log_metrics({{"auc": 0.5}})
from mlflow.telemetry import get_telemetry_client
print(json.dumps({{"client": get_telemetry_client() is not None, "hosts": hosts}}))
"""
    known = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "LD_LIBRARY_PATH")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PROJECT, env=known
    )
    told = json.loads(run.stdout.splitlines()[-1])
    assert told == {"client": False, "hosts": []}
