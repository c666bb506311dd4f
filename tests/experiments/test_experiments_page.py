"""The tables of the documentation are those of the code."""

import runpy

from echo_assets.settings import PROJECT

DOCS = PROJECT / "docs"


def test_the_tables_are_up_to_date():
    made = runpy.run_path(str(DOCS / "make_experiments.py"))
    written = (DOCS / "experiments.md").read_text(encoding="utf-8")
    assert made["page"](written) == written, "run docs/make_experiments.py, and commit docs/experiments.md"
