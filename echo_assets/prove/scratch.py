"""A database of its own beside the warehouse: the same tables and the same models, filled and built as a proof asks.

It is made anew for each proof and dropped afterwards. A database rather than prefixed schemas, so that the models and
the ledger are the very ones of the warehouse, names included.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from echo_assets.dbt import in_process
from echo_assets.dbt.command import PROBLEMS, DbtBuild, DbtError, RawEvent
from echo_assets.dbt.nodes import asset_path, built_nodes
from echo_assets.dbt.project import ParsedProject, prepare_manifest
from echo_assets.planner.days import DayRange
from echo_assets.planner.ledger import read_ledger
from echo_assets.planner.plan import RunPlan, plan
from echo_assets.planner.targets import targets_from
from echo_assets.server import Databases
from echo_assets.streaming.dirty_days import STREAMED, all_days
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.contract import Contract
from echo_quality.loading.dirty_days import mark_days
from echo_quality.loading.settle import day_of

NAME = "echo_prove"
_HASH = "select count(*), coalesce(sum(hashtextextended(rows::text, 0)::numeric), 0) from {} as rows"
Content = dict[str, tuple[int, int]]
"""Rows and hash of every table, by ``layer/name``; the order of rows does not show."""


@dataclass(frozen=True)
class Scratch:
    """An open scratch database."""

    databases: Databases
    connection: psycopg.Connection[Any]
    contracts: tuple[Contract, ...]
    project: ParsedProject
    home: Path
    partitions: DayRange
    timezone: str

    def take(self, contract: Contract, origin: psycopg.Connection[Any], where: str, order: str) -> None:
        """Copy the rows of a staging table that satisfy `where`, in this order; both are over `_row_id`."""
        columns = sql.SQL(", ").join(map(sql.Identifier, [*contract.names, "_row_id"]))
        table = sql.Identifier("staging", contract.source)
        select = sql.SQL("copy (select {} from {} where {} order by {}) to stdout (format binary)").format(
            columns, table, sql.SQL(where), sql.SQL(order)
        )
        insert = sql.SQL("copy {} ({}) from stdin (format binary)").format(table, columns)
        with (
            origin.cursor().copy(select) as rows,
            self.connection.cursor().copy(insert) as into,
        ):
            for block in rows:
                into.write(block)

    def take_stream(self, origin: psycopg.Connection[Any]) -> None:
        """Copy what the stream has of the rows of sources, as it is."""
        for name in ("user_events", "transactions", "experiment_exposures"):
            table = sql.Identifier("streaming", name)
            with (
                origin.cursor().copy(sql.SQL("copy {} to stdout (format binary)").format(table)) as rows,
                self.connection.cursor().copy(sql.SQL("copy {} from stdin (format binary)").format(table)) as into,
            ):
                for block in rows:
                    into.write(block)

    def touch_stream(self, mark: int) -> None:
        """Mark the days of the stream's rows, as writing them would."""
        for streamed in STREAMED:
            days = all_days(self.connection, streamed, self.timezone)
            mark_days(self.connection, streamed.source, days, mark)

    def touch(self, contract: Contract, mark: int, where: str) -> None:
        """Mark the days of these rows, as publishing them would."""
        self.connection.execute(
            sql.SQL(
                """insert into ops.dirty_days (source, day, mark)
                   select distinct %(source)s, {}, %(mark)s::bigint from {} where {}
                   on conflict (source, day) do update set mark = excluded.mark"""
            ).format(day_of(contract), sql.Identifier("staging", contract.source), sql.SQL(where)),
            {"source": contract.source, "mark": mark, "timezone": self.timezone},
        )

    def refresh(self) -> None:
        """Build whatever the planner finds dirty, until it finds nothing."""
        targets = targets_from(self.project.manifest)
        while runs := plan(read_ledger(self.databases.url(), targets, self.partitions.last), targets, self.partitions):
            self._build(runs[0])

    def rebuild(self) -> None:
        """Build everything from nothing, in one command."""
        self._run(frozenset(built_nodes(self.project.manifest)), {}, full_refresh=True)

    def content(self) -> Content:
        """What every table holds."""
        keys = (target.key for target in targets_from(self.project.manifest) if target.keeps_marks)
        return {key: self._hash(key) for key in keys}

    def _hash(self, key: str) -> tuple[int, int]:
        query = sql.SQL(_HASH).format(sql.Identifier(*key.split("/")))
        [(rows, total)] = self.connection.execute(query).fetchall()
        return int(rows), int(total)

    def _build(self, run: RunPlan) -> None:
        nodes = built_nodes(self.project.manifest)
        chosen = frozenset(each for each, node in nodes.items() if "/".join(asset_path(node)) in run.selection)
        self._run(chosen, run.days.window(self.partitions) if run.days else {})

    def _run(self, nodes: frozenset[str], variables: dict[str, str], *, full_refresh: bool = False) -> None:
        folder = self.project.dbt_project.project_dir
        build = DbtBuild(
            project_dir=folder,
            parsed=prepare_manifest(folder, self.home / "parsed" / NAME, NAME).parent,
            artifacts=self.home / "prove",
            nodes=nodes,
            variables={**variables, "today": self.partitions.last.isoformat()},
            environment={**self.databases.environment(), "ECHO_TIMEZONE": self.timezone},
            full_refresh=full_refresh,
        )
        problems: list[RawEvent] = []
        try:
            problems.extend(event for event in in_process.stream(build) if event["info"]["name"] in PROBLEMS)
        except DbtError as error:
            told = "; ".join(str(event["data"].get(PROBLEMS[event["info"]["name"]])) for event in problems)
            raise DbtError(f"a build in the scratch database failed: {told or error}") from error


@contextmanager
def scratch(
    databases: Databases,
    contracts: Iterable[Contract],
    project: ParsedProject,
    home: Path,
    partitions: DayRange,
    timezone: str,
) -> Iterator[Scratch]:
    """Make the scratch database with empty tables, hand it over, and drop it; a second proof waits for the first.

    Needs the right to create databases.
    """
    own, known = replace(databases, warehouse=NAME), tuple(contracts)
    drop = f"drop database if exists {NAME} with (force)".encode()
    with psycopg.connect(databases.url(), autocommit=True) as server:
        server.execute("select pg_advisory_lock(hashtext('echo'), hashtext('proof'))")
        server.execute(drop)
        server.execute(f"create database {NAME} template template0".encode())
        try:
            with psycopg.connect(own.url(), autocommit=True) as connection:
                prepare_tables(connection, known)
                yield Scratch(own, connection, known, project, home, partitions, timezone)
        finally:
            server.execute(drop)
