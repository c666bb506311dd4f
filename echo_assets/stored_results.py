"""The latest results of every suite, as they are stored in `ops.check_results`: what Data Docs are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from echo_assets.check_results import readable
from echo_assets.sources import Sources
from echo_quality.expectations import suites_of_models
from echo_quality.generate.staging_suite import staging_suite
from echo_quality.generate.suite import suite_of
from echo_quality.suites.declarations import declared_checks

if TYPE_CHECKING:
    from echo_quality.suites.pages import Checkpoint, StoredResult

_LATEST = """
with newest as (
    select asset, max(load_id) as load_id from ops.check_results where metadata ? 'expectation' group by asset
)
select distinct on (result.asset, result.check_name) result.*, loads.file
from ops.check_results as result
join newest using (asset)
left join ops.loads as loads on loads.load_id = result.load_id
where result.metadata ? 'expectation' and (result.load_id is null or result.load_id = newest.load_id)
order by result.asset, result.check_name, result.check_result_id desc
"""
_NEWEST = "select coalesce(max(check_result_id), 0) from ops.check_results where metadata ? 'expectation'"
Rows = Mapping[tuple[str, str], Mapping[str, Any]]


@dataclass(frozen=True)
class Documented:
    """A suite as the pages tell of it."""

    suite: Mapping[str, Any] = field(hash=False)
    asset: str
    owner: str
    held_by: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The suite's name, and that of its page."""
        return str(self.suite["name"])


def newest_result(sources: Sources) -> int:
    """The number of the latest result of a suite."""
    with sources.connection(read_only=True) as connection:
        [newest] = connection.execute(_NEWEST).fetchone() or (0,)
    return int(newest)


def documented_suites(sources: Sources) -> Iterator[Documented]:
    """Every suite there is: of loads, of staging tables, of models."""
    for contract in sources.contracts.values():
        asset = f"staging/{contract.source}"
        yield Documented(suite_of(contract), asset, contract.owner, contract.held_by)
        table = staging_suite(contract)
        yield Documented(table.suite, asset, contract.owner, table.held_by)
    for suite in suites_of_models():
        yield Documented(suite.suite, suite.asset, "analytics_team", suite.held_by)


def latest_results(sources: Sources) -> tuple[str, Rows]:
    """The number of the newest result, and the latest results by asset and check."""
    from psycopg.rows import dict_row

    newest = newest_result(sources)
    with sources.connection(read_only=True) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return str(newest), {(row["asset"], row["check_name"]): row for row in cursor.execute(_LATEST)}


def results_of(documented: Documented, rows: Rows) -> list[Mapping[str, Any]]:
    """Those of one suite, in its order."""
    names = [check.name for check in declared_checks(documented.suite)]
    return [rows[documented.asset, name] for name in names if (documented.asset, name) in rows]


def checkpoint_of(documented: Documented, rows: Rows) -> Checkpoint | None:
    """The latest run of a suite; None if it has not run yet."""
    from echo_quality.suites.pages import Checkpoint

    found = results_of(documented, rows)
    if not found:
        return None
    files = dict.fromkeys(row["file"] for row in found if row["file"])
    facts = {
        "Asset": documented.asset,
        "Owner": documented.owner,
        **({"File": ", ".join(files)} if files else {}),
        **({"Held elsewhere": ", ".join(documented.held_by)} if documented.held_by else {}),
    }
    return Checkpoint(documented.name, tuple(map(_stored_result, found)), facts)


def _stored_result(row: Mapping[str, Any]) -> StoredResult:
    from echo_quality.suites.pages import StoredResult

    failing = [readable(each) for each in row["metadata"].get("sample") or ()]
    words = tuple(", ".join(f"{name} {value}" for name, value in each.items()) for each in failing)
    return StoredResult(
        row["check_name"], row["passed"], row["severity"], row["evaluated_at"], row["metadata"], words
    )  # fmt: skip
