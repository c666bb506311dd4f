"""What the checks say now, for a person: counts by asset, and what is red, since when, whose it is and what to do.

Verdicts are Dagster's (`verdicts.py`); history, failing rows and the count of expectations are those of
`ops.check_results`. Samples are as they were stored: personal data is masked there already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.check_results import readable
from echo_assets.runbook import section
from echo_assets.stored_results import documented_suites
from echo_assets.verdicts import Verdict, Verdicts, standing_verdicts

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.sources import Sources

_HISTORY = """
with latest as (
    select distinct on (asset, check_name) *
    from ops.check_results where not passed order by asset, check_name, check_result_id desc
)
select asset, check_name, partition, metadata, (
    select min(failing.evaluated_at) from ops.check_results as failing
    where (failing.asset, failing.check_name) = (latest.asset, latest.check_name)
        and failing.partition is not distinct from latest.partition and not failing.passed
        and failing.check_result_id > coalesce((
            select max(passing.check_result_id) from ops.check_results as passing
            where (passing.asset, passing.check_name) = (latest.asset, latest.check_name)
                and passing.partition is not distinct from latest.partition and passing.passed
        ), 0)
) as since
from latest
"""
_COUNTED = """
select count(distinct (asset, check_name)), count(distinct asset)
from ops.check_results where metadata ? 'expectation'
"""
_FAILED_ROWS = ("unexpected_count", "failing_rows", "dagster_dbt/failed_row_count")
_SHOWN_ROWS = 5


@dataclass(frozen=True)
class QualityReport:
    """The state of all checks; `ok` unless a blocking one is red."""

    verdicts: Verdicts
    assets: tuple[dict[str, Any], ...]
    red: tuple[dict[str, Any], ...]
    suites: tuple[dict[str, Any], ...]
    expectations: int
    expected_assets: int

    @property
    def is_good(self) -> bool:
        """No blocking check is red."""
        return not self.verdicts.blocking_failures

    def as_json(self) -> dict[str, Any]:
        """One object: ok, counts, expectations, assets[], red[] (warnings included), suites[]."""
        states = ("green", "warnings", "red", "not_evaluated")
        counts = {state: sum(asset[state] for asset in self.assets) for state in states}
        return {
            "ok": self.is_good,
            "counts": {**counts, "blocking_red": len(self.verdicts.blocking_failures)},
            "expectations": {"evaluated": self.expectations, "assets": self.expected_assets},
            "assets": list(self.assets),
            "red": list(self.red),
            "suites": list(self.suites),
        }


def quality_report(sources: Sources, instance: dg.DagsterInstance, job: dg.JobDefinition) -> QualityReport:
    """The report over every check of the job."""
    verdicts = standing_verdicts(instance, job)
    owners = _owners(job)
    with sources.connection(read_only=True) as connection:
        history = {(row["asset"], row["check_name"]): row for row in _dicts(connection, _HISTORY)}
        [(expectations, assets)] = connection.execute(_COUNTED.encode()).fetchall()
    return QualityReport(
        verdicts,
        tuple(_by_asset(verdicts, job, owners)),
        tuple(_told(verdict, owners, history) for verdict in verdicts.failures),
        tuple(_suites(sources, verdicts)),
        expectations,
        assets,
    )


def _dicts(connection: Connection[Any], query: str) -> list[dict[str, Any]]:
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode()).fetchall()


def _owners(job: dg.JobDefinition) -> dict[str, str]:
    graph = job.asset_layer.asset_graph
    keys = {key.asset_key for key in graph.asset_check_keys if graph.has(key.asset_key)}
    return {
        key.to_user_string(): ", ".join(each.removeprefix("team:") for each in graph.get(key).owners) for key in keys
    }


def _by_asset(verdicts: Verdicts, job: dg.JobDefinition, owners: Mapping[str, str]) -> list[dict[str, Any]]:
    declared = Counter(key.asset_key.to_user_string() for key in job.asset_layer.asset_graph.asset_check_keys)
    states = {state: Counter(each.asset for each in verdicts.found if _state(each) == state) for state in _STATES}
    return [
        {
            "asset": asset,
            "owner": owners.get(asset, ""),
            **{state: states[state][asset] for state in _STATES},
            "not_evaluated": count - sum(states[state][asset] for state in _STATES),
        }
        for asset, count in sorted(declared.items())
    ]


_STATES = ("green", "warnings", "red")


def _state(verdict: Verdict) -> str:
    return "green" if verdict.passed else ("red" if verdict.is_failure else "warnings")


def _told(verdict: Verdict, owners: Mapping[str, str], history: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    stored = history.get((verdict.asset, verdict.check), {})
    metadata = stored.get("metadata") or {}
    rows = next((metadata[name] for name in _FAILED_ROWS if metadata.get(name) is not None), None)
    runbook = verdict.runbook or metadata.get("runbook") or ""
    return {
        "asset": verdict.asset,
        "check": verdict.check,
        "severity": verdict.severity,
        "blocking": verdict.blocking,
        "owner": owners.get(verdict.asset, ""),
        "since": stored["since"].isoformat(timespec="seconds") if stored.get("since") else None,
        "file": stored.get("partition"),
        "message": verdict.message,
        "failing_rows": None if rows is None else int(rows),
        "sample": [readable(row) for row in list(metadata.get("sample") or ())[:_SHOWN_ROWS]],
        "runbook": runbook,
        "what_to_do": section(runbook) if runbook else None,
    }


def _suites(sources: Sources, verdicts: Verdicts) -> list[dict[str, Any]]:
    """Every suite with what it demands by itself and what something else holds for it, and how that stands."""
    known = {(each.asset, each.check): _state(each) for each in verdicts.found}
    return [
        {
            "suite": each.name,
            "asset": each.asset,
            "expectations": len(each.suite["expectations"]),
            "held_by": [
                {"asset": asset, "check": check, "state": known.get((asset, check), "not_evaluated")}
                for asset, check in map(str.split, each.held_by)
            ],
        }
        for each in documented_suites(sources)
    ]
