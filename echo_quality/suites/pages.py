"""Data Docs: the stored results of a checkpoint as a page, by Great Expectations' own renderer.

Its page would load its looks and scripts from the network. Here its sections stand in a page of ours, with a style of
ours and no script. Nothing is evaluated, and no database is asked: results are handed in as they were stored, masked.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

_STYLE = Path(__file__).with_name("pages.css")
_DERIVED = re.compile(r"__(text|unreadable|holds|value)$")


@dataclass(frozen=True)
class StoredResult:
    """One result as it is stored; `rows` are failing rows in words, with personal data masked."""

    check: str
    passed: bool
    severity: str
    evaluated_at: datetime
    metadata: Mapping[str, Any] = field(hash=False)
    rows: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        """`green`, `warning` or `red`."""
        return "green" if self.passed else ("red" if self.severity == "ERROR" else "warning")


@dataclass(frozen=True)
class Checkpoint:
    """The latest run of a suite: what it judged, and the results. `facts` are shown at the head of its page."""

    suite: str
    results: tuple[StoredResult, ...]
    facts: Mapping[str, str] = field(default_factory=dict, hash=False)

    @property
    def name(self) -> str:
        """What the run is called in Data Docs."""
        return f"{self.suite}_checkpoint"

    @property
    def evaluated_at(self) -> datetime:
        """When it ended."""
        return max(result.evaluated_at for result in self.results)

    def count(self, state: str) -> int:
        """How many results are in a state."""
        return sum(result.state == state for result in self.results)


def checkpoint_page(checkpoint: Checkpoint) -> str:
    """The page of one checkpoint."""
    facts = {
        "Checkpoint": checkpoint.name,
        **checkpoint.facts,
        "Evaluated": f"{checkpoint.evaluated_at:%Y-%m-%d %H:%M} UTC",
        "Expectations": f"{len(checkpoint.results)}: {checkpoint.count('green')} green, "
        f"{checkpoint.count('warning')} warnings, {checkpoint.count('red')} red",
    }
    head = "".join(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in facts.items())
    back = '<p><a href="index.html">All suites</a></p>'
    return page(checkpoint.suite, f'{back}<table class="facts">{head}</table>\n{_sections(checkpoint)}')


def page(title: str, body: str) -> str:
    """A page that needs nothing but itself."""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>\n"
        f"{body}\n</body>\n</html>\n"
    )


def _sections(checkpoint: Checkpoint) -> str:
    """What Great Expectations' page says of each column, without what it says around it."""
    from echo_quality.suites.batches import great_expectations_library

    great_expectations_library()
    from great_expectations.render.renderer import ValidationResultsPageRenderer

    html: str = _view().render(ValidationResultsPageRenderer().render(_validation(checkpoint)))
    start, end = html.index('<div id="section-2"'), html.rindex("<footer>")
    sections = re.sub(r"(\s*</div>){3}\s*$", "", html[start:end])
    return re.sub(r'\s(id|data-[\w-]+)="[^"]*"', "", sections)


@functools.cache
def _view() -> Any:
    """One for all pages: it compiles its templates once."""
    from great_expectations.render.view import DefaultJinjaPageView

    return DefaultJinjaPageView()


def _validation(checkpoint: Checkpoint) -> Any:
    from great_expectations.core import ExpectationSuiteValidationResult

    passed, total = checkpoint.count("green"), len(checkpoint.results)
    return ExpectationSuiteValidationResult(
        success=passed == total,
        results=[_expectation(result) for result in checkpoint.results],
        suite_name=checkpoint.suite,
        statistics={
            "evaluated_expectations": total,
            "successful_expectations": passed,
            "unsuccessful_expectations": total - passed,
            "success_percent": 100 * passed / total,
        },
        meta={"run_id": {"run_name": checkpoint.name, "run_time": checkpoint.evaluated_at.isoformat()}},
    )


def _expectation(result: StoredResult) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    metadata = result.metadata
    kwargs = dict(metadata.get("kwargs") or {})
    if "column" in kwargs:
        kwargs["column"] = _shown_column(str(kwargs["column"]))
    words = f"{result.check}: {metadata.get('description') or ''}"
    error = metadata.get("error")
    return ExpectationValidationResult(
        success=result.passed,
        expectation_config=ExpectationConfiguration(
            type=str(metadata["expectation"]), kwargs=kwargs, description=words, severity=_severity(result)
        ),
        result={
            "element_count": metadata.get("evaluated_count"),
            "unexpected_count": metadata.get("unexpected_count"),
            "unexpected_percent": metadata.get("unexpected_percent"),
            "partial_unexpected_list": list(result.rows),
            "observed_value": metadata.get("observed"),
        },
        exception_info={"raised_exception": bool(error), "exception_message": error, "exception_traceback": error},
    )


def _severity(result: StoredResult) -> str:
    return "critical" if result.severity == "ERROR" else "warning"


def _shown_column(column: str) -> str:
    """The column that a column of the batch is about."""
    return "the line" if column == "_unparsed" else _DERIVED.sub("", column)


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Rows of HTML cells below a header."""
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    return f'<table class="table">\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}</tbody>\n</table>'
