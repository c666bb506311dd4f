"""`docs/quality`: Data Docs, one page for the latest checkpoint of every suite and one that lists them.

Made of the results in `ops.check_results`, where personal data is masked already; no suite is run for it. How a page
looks is in `echo_quality/suites/pages.py`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg

from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.stored_results import (
    Documented,
    Rows,
    checkpoint_of,
    documented_suites,
    latest_results,
    newest_result,
    results_of,
)

if TYPE_CHECKING:
    from echo_quality.suites.pages import Checkpoint

QUALITY_DOCS = dg.AssetKey(["docs", "quality"])
_DESCRIPTION = """One page is the latest run of one suite: what it demands, and where that does not hold, with rows.

They are written to `$ECHO_HOME/docs/quality/`, again whenever there are new results; `index.html` lists them."""


def quality_docs(sources: Sources, below: Iterable[dg.AssetKey]) -> dg.AssetsDefinition:
    """The asset, after everything that is judged (`below` says what ends the graph)."""

    @dg.asset(
        key=QUALITY_DOCS,
        group_name="docs",
        description=_DESCRIPTION,
        deps=list(below),
        owners=["team:analytics_team"],
        kinds={"great_expectations", "html"},
        metadata={"page": dg.MetadataValue.path(_folder(sources.settings) / "index.html")},
    )
    def docs() -> dg.MaterializeResult[None]:
        index, written = write_quality_docs(sources)
        return dg.MaterializeResult(metadata={"page": dg.MetadataValue.path(index), "pages_written": written})

    return docs


def write_quality_docs(sources: Sources) -> tuple[Path, int]:
    """Write the pages whose results have changed, and the list of all; say where that is, and how many were written."""
    from echo_quality.suites.pages import checkpoint_page

    folder = _folder(sources.settings)
    folder.mkdir(parents=True, exist_ok=True)
    newest, rows = latest_results(sources)
    before, states, written, told = _states(folder), {"newest": newest}, 0, []
    for documented in documented_suites(sources):
        checkpoint = checkpoint_of(documented, rows)
        told.append((documented, checkpoint))
        if checkpoint is None:
            continue
        state = states[documented.name] = _state(documented, rows)
        if before.get(documented.name) != state or not (folder / f"{documented.name}.html").is_file():
            _write(folder / f"{documented.name}.html", checkpoint_page(checkpoint))
            written += 1
    _remove_gone(folder, {documented.name for documented, _ in told})
    _write(folder / "index.html", _index(told))
    _write(folder / "made_from.json", json.dumps(states, indent=2))
    return folder / "index.html", written


def quality_docs_are_current(sources: Sources) -> bool:
    """Whether the pages are there and there is no newer result of a suite."""
    folder = _folder(sources.settings)
    return (folder / "index.html").is_file() and _states(folder).get("newest") == str(newest_result(sources))


def withdraw_pages(settings: Settings, text: str) -> int:
    """Take away the pages that show a text, an erased person's id say, and say how many: the next refresh writes them.

    Their results must not show it any more.
    """
    folder = _folder(settings)
    showing = [path for path in folder.glob("*.html") if text in unescape(path.read_text(encoding="utf-8"))]
    if showing:
        (folder / "made_from.json").unlink(missing_ok=True)
    for path in showing:
        path.unlink()
    return len(showing)


def _folder(settings: Settings) -> Path:
    return settings.docs / "quality"


def _state(documented: Documented, rows: Rows) -> str:
    """A text that differs whenever the page would."""
    from echo_quality.suites import pages

    looks = [Path(pages.__file__).read_bytes(), Path(pages.__file__).with_suffix(".css").read_bytes()]
    newest = [row["check_result_id"] for row in results_of(documented, rows)]
    return hashlib.sha256(b"".join([*looks, repr((documented.held_by, newest)).encode()])).hexdigest()


def _states(folder: Path) -> dict[str, str]:
    path = folder / "made_from.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _remove_gone(folder: Path, names: set[str]) -> None:
    for path in folder.glob("*.html"):
        if path.stem not in names:
            path.unlink()


def _write(path: Path, text: str) -> None:
    """At once, and in the place of an earlier one."""
    partial = path.with_suffix(".part")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _index(told: list[tuple[Documented, Checkpoint | None]]) -> str:
    from echo_quality.suites.pages import page, table

    ran = [checkpoint for _, checkpoint in told if checkpoint]
    counts = {state: sum(checkpoint.count(state) for checkpoint in ran) for state in ("green", "warning", "red")}
    assets = {documented.asset for documented, checkpoint in told if checkpoint}
    total = sum(counts.values())
    head = (
        f"<p>{total} expectations over {len(assets)} assets: {counts['green']} green, {counts['warning']} warnings, "
        f"{counts['red']} red. Each page shows the latest run of one suite; <code>echoctl quality report</code> shows "
        "what is red in all checks, and since when.</p>"
    )
    columns = ("suite", "asset", "owner", "evaluated", "expectations", "green", "warnings", "red")
    return page("Data quality", head + table(columns, [_listed(*each) for each in told]))


def _listed(documented: Documented, checkpoint: Checkpoint | None) -> list[str]:
    if checkpoint is None:
        return [escape(documented.name), documented.asset, escape(documented.owner), "not yet", "", "", "", ""]
    counts = [
        f'<span class="{state}">{checkpoint.count(state)}</span>' if checkpoint.count(state) else ""
        for state in ("green", "warning", "red")
    ]
    return [
        f'<a href="{escape(documented.name)}.html">{escape(documented.name)}</a>', escape(documented.asset),
        escape(documented.owner), f"{checkpoint.evaluated_at:%Y-%m-%d %H:%M}",
        str(len(checkpoint.results)), *counts,
    ]  # fmt: skip
