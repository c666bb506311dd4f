"""The notebook that walks through one churn model runs as it stands, without a database or a network, and decides."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

from echo_assets.settings import PROJECT

NOTEBOOK = PROJECT / "notebooks" / "modeling" / "churn.ipynb"


@pytest.mark.slow
def test_the_notebook_promotes_what_was_laid_in_and_nothing_else() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells), "store it without outputs"
    NotebookClient(notebook, timeout=180, resources={"metadata": {"path": NOTEBOOK.parent}}).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    printed = "".join(output.get("text", "") for output in shown)
    assert "promoted: True" in printed
    assert "promoted again: False" in printed
    assert "promoted on luck: False" in printed
    assert "The label is told by answer alone." in printed
    assert any("image/png" in output.get("data", {}) for output in shown)
