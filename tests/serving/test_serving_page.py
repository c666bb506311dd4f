"""`docs/serving.md` shows what the API answers."""

from __future__ import annotations

import runpy

from serving_under_test import Served

from echo_assets.settings import PROJECT


def test_the_page_is_what_the_code_says(served: Served) -> None:
    written = (PROJECT / "docs" / "serving.md").read_text(encoding="utf-8")
    made = runpy.run_path(str(PROJECT / "docs" / "make_serving.py"))
    assert written.count("```sh\ncurl") >= 6
    assert made["page"](written, served.client) == written, "run docs/make_serving.py, and commit docs/serving.md"
