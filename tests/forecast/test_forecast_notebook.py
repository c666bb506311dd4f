"""The notebook that walks through a forecast runs as it stands, without a database, and keeps its promise."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from echo_assets.settings import PROJECT

NOTEBOOK = PROJECT / "notebooks" / "modeling" / "forecast.ipynb"


@pytest.mark.slow
def test_the_notebook_runs_and_smoothing_beats_the_last_week() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "store it without outputs"
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    printed = "".join(output.get("text", "") for output in shown)
    assert "8 of them unknown" in printed
    assert "by ets: " in printed
    assert any("image/png" in output.get("data", {}) for output in shown)
