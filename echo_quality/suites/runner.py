"""Running a checkpoint: one suite on one batch, one outcome for each declared check."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from echo_quality.suites.batches import opened_batch
from echo_quality.suites.declarations import declared_checks
from echo_quality.suites.evaluation import evaluate
from echo_quality.suites.outcomes import CheckOutcome, outcome_of


def run_checkpoint(
    suite: Mapping[str, Any],
    url: str,
    batch_query: str,
    *,
    sample_size: int = 20,
    masked: frozenset[str] = frozenset(),
) -> tuple[CheckOutcome, ...]:
    """The outcome of each declared check, in the order of the suite, on the committed rows of the query.

    An expectation that is unknown, misspelt, raises or was left out is a red outcome; SuiteError means that nothing was
    evaluated. Values of the `masked` columns (and of columns derived from them, `email__text`) never appear in full.
    """
    checks = declared_checks(suite)
    with opened_batch(str(suite["name"]), url, batch_query, masked) as validator:
        rows, verdicts = evaluate(validator, checks, sample_size)
    return tuple(outcome_of(check, verdicts.get(check.name), rows, masked) for check in checks)
