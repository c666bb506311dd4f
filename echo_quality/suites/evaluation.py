"""Having Great Expectations judge the checks of a suite on one batch, as cheaply as it allows.

First everything is counted, in one statement for all row-level rules; only what fails is then asked for rows. Whatever
raised is asked again on its own, because one faulty expectation fails the statement that it shares with sound ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from echo_quality.suites.declarations import ROW_QUERY, DeclaredCheck
from echo_quality.suites.outcomes import ROW_QUERY_COUNT, Verdict

if TYPE_CHECKING:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation import Expectation
    from great_expectations.validator.v1_validator import Validator

_ROWS = "rows of the batch"  # not a possible check name
_COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}
# SQLAlchemy's own pattern of a bind parameter in text.
_BIND = re.compile(r"(?<![:\w$\x5c]):([\w$]+)(?![:\w$])")


def evaluate(
    validator: Validator, checks: Iterable[DeclaredCheck], sample_size: int
) -> tuple[int | None, dict[str, Verdict]]:
    """How many rows the batch has, and the verdict on each check that could be evaluated."""
    built, verdicts = _built(checks, sample_size)
    row_queries = {name: each for name, each in built.items() if hasattr(each, ROW_QUERY)}
    others = {name: each for name, each in built.items() if name not in row_queries} | {_ROWS: _row_count()}
    verdicts |= _asked(validator, others, _COUNTS)
    verdicts |= _asked(validator, row_queries, {"result_format": "COMPLETE"})
    counted = verdicts.pop(_ROWS, Verdict(success=False))
    failing = {name: others[name] for name in others if name != _ROWS and _has_rows_to_show(verdicts.get(name))}
    return counted.result.get("observed_value"), verdicts | _with_rows(validator, failing, verdicts, sample_size)


def _built(checks: Iterable[DeclaredCheck], sample_size: int) -> tuple[dict[str, Expectation], dict[str, Verdict]]:
    """The expectations, and a red verdict for each that Great Expectations does not know or whose arguments misfit."""
    from great_expectations.exceptions import GreatExpectationsError
    from great_expectations.expectations.registry import get_expectation_impl

    built: dict[str, Expectation] = {}
    verdicts: dict[str, Verdict] = {}
    for check in checks:
        try:
            arguments = _arguments(check.kwargs, sample_size)
            meta = {"check": check.name}
            built[check.name] = get_expectation_impl(check.expectation)(**arguments, severity=check.severity, meta=meta)
        except (GreatExpectationsError, ValueError, TypeError) as error:
            verdicts[check.name] = Verdict(success=False, errors=(str(error),))
    return built, verdicts


def _arguments(kwargs: Mapping[str, Any], sample_size: int) -> dict[str, Any]:
    """A row query is cut to the sample and carries its count along; uncut, every failing row comes into memory."""
    if ROW_QUERY not in kwargs:
        return dict(kwargs)
    query = _BIND.sub(r"\\:\1", str(kwargs[ROW_QUERY]).strip().rstrip(";"))
    cut = f"select found.*, count(*) over () as {ROW_QUERY_COUNT}\nfrom (\n{query}\n) as found\n"
    return {**kwargs, ROW_QUERY: f"{cut}limit {max(sample_size, 1)}"}


def _row_count() -> Expectation:
    from great_expectations.expectations import ExpectTableRowCountToBeBetween

    return ExpectTableRowCountToBeBetween(min_value=0, meta={"check": _ROWS})


def _asked(validator: Validator, expectations: Mapping[str, Expectation], form: dict[str, Any]) -> dict[str, Verdict]:
    """The verdicts on the expectations, asked together and, where that raised, one by one."""
    together = _validated(validator, expectations, form)
    unsound = [name for name in expectations if name not in together or together[name].errors]
    if len(expectations) > 1:
        for name in unsound:
            together |= _validated(validator, {name: expectations[name]}, form)
    return together


def _validated(
    validator: Validator, expectations: Mapping[str, Expectation], form: dict[str, Any]
) -> dict[str, Verdict]:
    from great_expectations.core import ExpectationSuite

    if not expectations:
        return {}
    validator.result_format = form
    try:
        report = validator.validate_expectation_suite(
            ExpectationSuite(name="asked", expectations=list(expectations.values()))
        )
    except Exception as error:  # noqa: BLE001  # whatever it is, it is the red verdict on what was asked
        return {name: Verdict(success=False, errors=(f"{type(error).__name__}: {error}",)) for name in expectations}
    return {str(each.expectation_config.meta["check"]): _verdict(each) for each in report.results}


def _verdict(given: ExpectationValidationResult) -> Verdict:
    info: Mapping[str, Any] = given.exception_info or {}
    raised = [info] if "raised_exception" in info else list(info.values())
    errors = tuple(str(each["exception_message"]) for each in raised if each["raised_exception"])
    result: dict[str, Any] = dict(given.result or {})
    rows = (result.get("details") or {}).get("unexpected_rows")
    if rows is not None:
        result |= {"unexpected_rows": rows, ROW_QUERY_COUNT: rows[0][ROW_QUERY_COUNT] if rows else 0}
        del result["observed_value"]
    if result.get("element_count") == 0 and result.get("partial_unexpected_list") == []:
        result["unexpected_count"] = 0  # the sum over no rows is NULL
    return Verdict(success=bool(given.success), result=result, errors=errors)


def _has_rows_to_show(verdict: Verdict | None) -> bool:
    return verdict is not None and not verdict.errors and bool(verdict.result.get("unexpected_count"))


def _with_rows(
    validator: Validator, failing: Mapping[str, Expectation], verdicts: Mapping[str, Verdict], sample_size: int
) -> dict[str, Verdict]:
    """The verdicts as they were counted, with failing rows added."""
    if not sample_size:
        return {}
    form = {"result_format": "BASIC", "partial_unexpected_count": sample_size, "include_unexpected_rows": True}
    shown = _asked(validator, failing, form)
    return {
        name: Verdict(verdicts[name].success, {**shown[name].result, **verdicts[name].result})
        for name in failing
        if name in shown
    }
