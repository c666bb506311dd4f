"""One installation under test: files to drop, runs to execute, questions to the warehouse and to Dagster's log."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import dagster as dg
import psycopg
from dagster import DagsterInstance, JobDefinition

from echo_assets.definitions import build
from echo_assets.file_runs import RANGE_END, RANGE_START
from echo_assets.planner.report import RunReport
from echo_assets.planner.runs import execute_assets
from echo_assets.raw_files import files_of
from echo_assets.refresh import Refresh
from echo_assets.settings import Settings
from echo_assets.sources import Sources
from echo_assets.verdicts import Verdict, standing_verdicts
from echo_quality.loading.source_file import SourceFile

SALES = "transaction_id,date,amount,customer_id,status\n"
BAD_SALES = SALES + ",2024-13-01,ten,,paid\n"
LEADS = "date,channel,leads,conversions,spend\n"
LAYERS = ("raw", "staging", "quarantine")


def sale(number: str, day: str, amount: str = "10.00", status: str = "paid") -> str:
    return f"{number},{day},{amount},c1,{status}\n"


@dataclass
class Platform:
    """Settings with a landing folder of their own, over the session's server."""

    settings: Settings
    instance: DagsterInstance
    connection: psycopg.Connection[Any]
    announced: list[str] = field(default_factory=list)

    @cached_property
    def sources(self) -> Sources:
        return Sources(self.settings)

    @cached_property
    def definitions(self) -> dg.Definitions:
        return build(self.settings)

    @cached_property
    def job(self) -> JobDefinition:
        return self.definitions.resolve_implicit_global_asset_job_def()

    @property
    def refresh(self) -> Refresh:
        return Refresh(self.sources, self.job, self.instance, announce=self.announced.append)

    def drop(self, source: str, name: str, text: str) -> SourceFile:
        path = self.settings.landing / source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return SourceFile(source, path, name)

    def take_in(self) -> list[RunReport]:
        """Take in what waits, without building anything."""
        return list(self.refresh.files())

    def bring_up_to_date(self) -> list[RunReport]:
        return list(self.refresh.all())

    def run_files(self, source: str, first: str, last: str, layers: tuple[str, ...] = LAYERS) -> RunReport:
        """Materialise the file assets of a source over a range of partitions, as a click in the UI does."""
        assets = [dg.AssetKey([layer, source]) for layer in layers]
        return execute_assets(assets, {RANGE_START: first, RANGE_END: last}, self.job, self.instance)

    def add_partitions(self, source: str, *keys: str) -> None:
        self.instance.add_dynamic_partitions(str(files_of(source).name), list(keys))

    def sensor(self, name: str) -> dg.SensorDefinition:
        return self.definitions.get_repository_def().get_sensor_def(name)

    def look(self, name: str, cursor: str | None = None) -> Any:
        """One tick of a sensor: its result, a skip or a request."""
        repository = self.definitions.get_repository_def()
        context = dg.build_sensor_context(instance=self.instance, cursor=cursor, repository_def=repository)
        return repository.get_sensor_def(name)(context)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.connection.execute(query.encode()).fetchall()

    def value(self, query: str) -> Any:
        [(value,)] = self.rows(query)
        return value

    def execute(self, statement: str) -> None:
        self.connection.execute(statement.encode())

    def verdict(self, asset: str, check: str) -> Verdict:
        found = standing_verdicts(self.instance, self.job).found
        [verdict] = [each for each in found if (each.asset, each.check) == (asset, check)]
        return verdict

    def red(self) -> set[str]:
        """The names of the checks that stand red with severity ERROR."""
        return {each.check for each in standing_verdicts(self.instance, self.job).found if each.is_failure}

    def metadata_of(self, asset: dg.AssetKey) -> dict[str, Any]:
        """The metadata of the latest materialisation."""
        [record] = self.instance.fetch_materializations(asset, limit=1).records
        assert record.asset_materialization is not None
        return {name: value.value for name, value in record.asset_materialization.metadata.items()}

    def metadata(self, asset: str, partition: str) -> dict[str, Any]:
        """The metadata of the latest materialisation of a partition."""
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(dg.AssetKey.from_user_string(asset), asset_partitions=[partition]), limit=1
        ).records
        found = records[0].asset_materialization
        assert found is not None
        return {name: value.value for name, value in found.metadata.items()}
