"""Running the suite of a table: as `runner.py` does it, but a table that cannot be read turns its checks red.

Nothing is being published that a failure could hold back; the checks say themselves that they were not evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from echo_quality.suites.declarations import SuiteError, declared_checks
from echo_quality.suites.outcomes import CheckOutcome, Verdict, outcome_of
from echo_quality.suites.runner import run_checkpoint


def judged_table(
    suite: Mapping[str, Any], url: str, batch_query: str, *, masked: frozenset[str] = frozenset(), sample_size: int = 20
) -> tuple[CheckOutcome, ...]:
    """The outcome of each declared check; one that could not be evaluated is red and critical, whatever it declares."""
    try:
        found = run_checkpoint(suite, url, batch_query, masked=masked, sample_size=sample_size)
    except SuiteError as error:
        unread = Verdict(success=False, errors=(str(error),))
        found = tuple(outcome_of(check, unread, None, masked) for check in declared_checks(suite))
    return tuple(replace(outcome, severity="critical") if outcome.error else outcome for outcome in found)
