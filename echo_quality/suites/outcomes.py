"""The verdict on one declared check, with the evidence for it.

A check is green only on evidence: every row of the batch was counted, and nothing raised. Great Expectations calls a
rule whose metrics went missing "vacuously true"; here it is red.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from echo_quality.suites.declarations import DeclaredCheck, Severity
from echo_quality.suites.samples import JsonValue, belongs_to, error_text, json_clean, masked_value, sample_of

ROW_QUERY_COUNT = "_echo_unexpected_count"
"""The column in which a row query, cut to a sample, carries the count of all rows that it found."""


@dataclass(frozen=True)
class Verdict:
    """What Great Expectations said of one expectation, in its own terms."""

    success: bool
    result: Mapping[str, Any] = field(default_factory=dict)
    errors: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckOutcome:
    """The verdict on one check. Counts are None where it failed to evaluate, or is not about rows."""

    check: str
    passed: bool
    severity: Severity
    evaluated_count: int | None
    unexpected_count: int | None
    observed: JsonValue
    sample: tuple[Mapping[str, JsonValue], ...]
    expectation: str
    kwargs: Mapping[str, JsonValue]
    columns: tuple[str, ...]
    description: str
    runbook: str | None
    error: str | None

    @property
    def unexpected_percent(self) -> float | None:
        """The share of the evaluated rows that fail, times 100; None where there are no rows."""
        if self.unexpected_count is None or not self.evaluated_count:
            return None
        return 100 * self.unexpected_count / self.evaluated_count

    def metadata(self) -> dict[str, JsonValue]:
        """Everything but the verdict itself, as JSON."""
        return {
            "expectation": self.expectation,
            "kwargs": dict(self.kwargs),
            "columns": list(self.columns),
            "description": self.description,
            "runbook": self.runbook,
            "evaluated_count": self.evaluated_count,
            "unexpected_count": self.unexpected_count,
            "unexpected_percent": self.unexpected_percent,
            "observed": self.observed,
            "sample": [dict(row) for row in self.sample],
            "error": self.error,
        }


def outcome_of(
    check: DeclaredCheck, verdict: Verdict | None, rows: int | None, masked: frozenset[str] = frozenset()
) -> CheckOutcome:
    """The outcome of a declared check; `rows` is how many the batch has, None if that could not be counted."""
    error = _error(check, verdict, rows, masked)
    result = verdict.result if verdict and error is None else {}
    return CheckOutcome(
        check=check.name,
        passed=error is None and verdict is not None and verdict.success,
        severity=check.severity,
        evaluated_count=result.get("element_count", rows) if error is None else None,
        unexpected_count=_unexpected_count(result),
        observed=_observed(check, result, masked),
        sample=sample_of(_failing_rows(result), check.touched, masked),
        expectation=check.expectation,
        kwargs={name: json_clean(value) for name, value in check.kwargs.items()},
        columns=check.columns,
        description=check.description,
        runbook=check.runbook,
        error=error,
    )


def _error(check: DeclaredCheck, verdict: Verdict | None, rows: int | None, masked: frozenset[str]) -> str | None:
    if verdict is None:
        return f"Check {check.name} is declared but was not evaluated."
    if verdict.errors:
        return error_text(verdict.errors, masked)
    if rows is None:
        return f"Check {check.name} cannot be trusted: the rows of its batch were not counted."
    if "element_count" not in verdict.result:
        return None
    evaluated, unexpected = verdict.result["element_count"], verdict.result.get("unexpected_count")
    if unexpected is None or (evaluated != rows and not check.kwargs.get("row_condition")):
        return f"Check {check.name} cannot be trusted: it evaluated {evaluated} of {rows} rows."
    return None


def _unexpected_count(result: Mapping[str, Any]) -> int | None:
    if ROW_QUERY_COUNT in result:
        return int(result[ROW_QUERY_COUNT])
    count = result.get("unexpected_count")
    return None if count is None else int(count)


def _failing_rows(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    rows = result.get("unexpected_rows") or []
    return [{key: value for key, value in row.items() if key != ROW_QUERY_COUNT} for row in rows]


def _observed(check: DeclaredCheck, result: Mapping[str, Any], masked: frozenset[str]) -> JsonValue:
    details = result.get("details") or {}
    observed = json_clean(details.get("mismatched", result.get("observed_value")))
    return masked_value(observed) if any(belongs_to(column, masked) for column in check.touched) else observed
