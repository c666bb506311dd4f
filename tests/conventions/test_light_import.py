"""The code location loads without the libraries that only a running step needs, and without a database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from echo_assets.settings import PROJECT

HEAVY = {
    "great_expectations", "pandas", "duckdb", "pyarrow", "feast", "mlflow", "sklearn", "scipy", "pymc",
    "confluent_kafka", "apprise", "fastapi", "starlette", "uvicorn", "prometheus_client", "skops", "statsmodels",
    "redis",
}  # fmt: skip
LOADING = """
import sys
from echo_assets.definitions import defs
defs()
print(*sorted(name for name in sys.modules if "." not in name))
"""


def test_loading_the_code_location_imports_no_heavy_library_and_needs_no_server(tmp_path: Path) -> None:
    nowhere = {**os.environ, "ECHO_HOME": str(tmp_path), "ECHO_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    loaded = subprocess.run(
        [sys.executable, "-c", LOADING], cwd=PROJECT, env=nowhere, capture_output=True, text=True, check=False
    )
    assert loaded.returncode == 0, loaded.stderr
    imported = HEAVY & set(loaded.stdout.split())
    assert not imported, f"imported before a step runs; move the import into the function that needs it: {imported}"
