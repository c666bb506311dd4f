"""Metadata of materialisations and check results beyond what dbt reports: rows, columns, partitions, failing rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePosixPath
from typing import Any

import dagster as dg

from echo_assets.dbt.command import DbtBuild, RawEvent
from echo_assets.dbt.nodes import Manifest, Node, asset_path, is_daily, meta
from echo_assets.dbt.outcome import AssetEvent
from echo_assets.dbt.tables import TableReader
from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_quality.suites.samples import masked_value

ModelLineage = Mapping[str, dg.TableColumnLineage]

FAILING_SAMPLE = "failing_sample"
_RUNBOOK = "docs/runbook.md#dbt-tests"


@dataclass(frozen=True)
class Details:
    """Looks at the database after each event of one command."""

    context: dg.AssetExecutionContext
    manifest: Manifest
    command: DbtBuild
    reader: TableReader
    lineage: ModelLineage = field(default_factory=dict)
    """What the columns of each model are made of, by asset."""
    personal: frozenset[str] = frozenset()
    """Names of columns with personal data, which no sample shows."""

    def added_to(self, event: AssetEvent, raw: RawEvent) -> AssetEvent:
        """Return the event with more metadata; events of other kinds as they are."""
        node = self.manifest["nodes"][raw["data"]["node_info"]["unique_id"]]
        if isinstance(event, dg.Output):
            self._note_partitions(node)
            of_relation = self._of_relation(node)
            if self._is_range:
                self._note_once(node, of_relation)
                of_relation = {}
            return event.with_metadata({**event.metadata, **of_relation})
        if isinstance(event, dg.AssetCheckResult) and not event.passed:
            return event.with_metadata({**event.metadata, **self._of_failure(node)})
        return event

    def _of_relation(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {"dagster/column_schema": self.reader.columns(node)}
        if lineage := self.lineage.get("/".join(asset_path(node))):
            found["dagster/column_lineage"] = lineage
        if node["config"]["materialized"] != "view":
            found["dagster/row_count"] = self.reader.rows(node)
        return found

    @property
    def _is_range(self) -> bool:
        return self.context.assets_def.partitions_def is not None and self.context.has_partition_key_range

    def _note_once(self, node: Node, metadata: Mapping[str, Any]) -> None:
        """Attach what is about the whole table to the last of a range's events, which is the one that is shown.

        A range gives one event a partition: columns and lineage in each of them would be most of the cost of a run.
        """
        last = max(self.context.partition_keys)
        self.context.add_asset_metadata(dict(metadata), asset_key=dg.AssetKey(asset_path(node)), partition_key=last)

    def _of_failure(self, test: Node) -> dict[str, Any]:
        compiled = self.command.artifacts / "compiled" / test["package_name"] / _written_as(test)
        if not compiled.is_file():
            return {}
        failing = [_masked(test, row, self.personal) for row in self.reader.sample(compiled.read_text())]
        return {
            **({FAILING_SAMPLE: as_table(failing)} if failing else {}),
            "query": dg.MetadataValue.md(f"```sql\n{compiled.read_text().strip()}\n```"),
            **runbook_of(_RUNBOOK, passed=False),
        }

    def _note_partitions(self, node: Node) -> None:
        """Attach each partition's own count: a range gives one event per partition, all with the same metadata."""
        if not (is_daily(node) and "min_date" in self.command.variables and "day_column" in meta(node)):
            return
        window = self.command.variables
        counts = self.reader.rows_by_day(node, window["min_date"], window["max_date"])
        for key, rows in by_partition(self.context.partition_keys, counts).items():
            self.context.add_asset_metadata(
                {"dagster/partition_row_count": rows}, asset_key=dg.AssetKey(asset_path(node)), partition_key=key
            )


def _masked(test: Node, row: Mapping[str, str | None], personal: frozenset[str]) -> dict[str, Any]:
    """A failing row with personal data masked: a test on such a column gives its values other names."""
    is_about_it = test.get("column_name") in personal
    return {name: masked_value(value) if is_about_it or name in personal else value for name, value in row.items()}


def by_partition(keys: Iterable[str], counts: Mapping[date, int]) -> dict[str, int]:
    """Sum up rows by partition; the first also holds what is earlier, the last what is later."""
    days = sorted(date.fromisoformat(key) for key in keys)
    rows: Counter[str] = Counter({day.isoformat(): 0 for day in days})
    for day, count in counts.items():
        rows[min(max(day, days[0]), days[-1]).isoformat()] += count
    return dict(rows)


def _written_as(test: Node) -> PurePosixPath:
    """Say where dbt writes a test's compiled SQL: below the file that declares it, unless it is a file itself."""
    declared, path = PurePosixPath(test["original_file_path"]), PurePosixPath(test["path"])
    return declared if declared.name == path.name else declared / path
