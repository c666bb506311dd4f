"""`ops/column_lineage`: what each column of the warehouse is made of, for everyone who can write SQL.

The edges are read in `lineage`; here they are kept, and compared with the tables that are really there.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.dbt.project import DbtProjectError
from echo_assets.lineage.errors import LineageError
from echo_assets.presentation import as_table
from echo_assets.runbook import runbook_of
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.lineage.edges import Lineage

LINEAGE = dg.AssetKey(["ops", "column_lineage"])
CHECK = "every_edge_points_at_an_existing_asset_and_column"
_RUNBOOK = "docs/runbook.md#every-edge-points-at-an-existing-asset-and-column"
_DESCRIPTION = """One row is one column that another column is made of, from the columns of files to those of marts.

Read from the contracts and from the SQL of the dbt models; the column `*` stands for the rows of a table."""
_COLUMNS = ("asset", "column", "from_asset", "from_column", "how")
_OFFENDERS = """
with ends as (
    select asset, "column", asset as end_asset, "column" as end_column from ops.column_lineage
    union all
    select asset, "column", from_asset, from_column from ops.column_lineage
)
select distinct asset, "column", end_asset as missing_asset, end_column as missing_column
from ends
left join pg_attribute
    on attrelid = to_regclass(format('%I.%I', split_part(end_asset, '/', 1), split_part(end_asset, '/', 2)))
    and attnum > 0 and not attisdropped and (attname = end_column or end_column = '*')
where attname is null
order by end_asset, end_column, asset, "column"
"""
_INSERT = """
insert into ops.check_results (asset, check_name, passed, severity, run_id, metadata)
values (%s, %s, %s, 'ERROR', %s, %s)
"""


def lineage_assets(
    sources: Sources, below: Iterable[dg.AssetKey]
) -> tuple[dg.AssetsDefinition, dg.AssetChecksDefinition]:
    """The asset, after everything that it is about (`below` says what ends the graph), and its check."""

    @dg.asset(
        key=LINEAGE,
        group_name="ops",
        description=_DESCRIPTION,
        deps=list(below),
        owners=["team:analytics_team"],
        kinds={"postgres"},
        metadata={
            "dagster/table_name": "ops.column_lineage",
            "dagster/column_schema": dg.TableSchema([dg.TableColumn(name, "text") for name in _COLUMNS]),
        },
    )
    def column_lineage() -> dg.MaterializeResult[None]:
        lineage = _lineage(sources)
        with sources.connection() as connection:
            keep_lineage(connection, lineage)
        return dg.MaterializeResult(metadata={"dagster/row_count": len(lineage.edges)})

    @dg.asset_check(
        asset=LINEAGE,
        name=CHECK,
        description="Both ends of every edge are columns of tables that are in the database.",
        metadata={"runbook": _RUNBOOK},
    )
    def every_edge_exists(context: dg.AssetCheckExecutionContext) -> dg.AssetCheckResult:
        return _judged(context, sources)

    return column_lineage, every_edge_exists


def keep_lineage(connection: "Connection[Any]", lineage: "Lineage") -> None:
    """Put these edges in the place of those that were there."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("delete from ops.column_lineage")
        with cursor.copy("copy ops.column_lineage from stdin") as copy:
            for column, origin, how in lineage.edges:
                copy.write_row([*column, *origin, how])


def lineage_is_kept(sources: Sources) -> bool:
    """Whether the table holds the lineage as it is now; not, if that cannot be read: the asset then says why."""
    try:
        now = {(*column, *origin, how) for column, origin, how in _lineage(sources).edges}
    except (LineageError, DbtProjectError):
        return False
    with sources.connection(read_only=True) as connection:
        return set(connection.execute("select * from ops.column_lineage").fetchall()) == now


def missing_ends(connection: "Connection[Any]") -> list[dict[str, Any]]:
    """Edges of which one end is not in the database, and which end that is."""
    from psycopg.rows import dict_row

    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_OFFENDERS).fetchall()


def _lineage(sources: Sources) -> "Lineage":
    from echo_assets.lineage.known import known_lineage

    return known_lineage(sources.settings, sources.contracts).lineage


def _judged(context: dg.AssetCheckExecutionContext, sources: Sources) -> dg.AssetCheckResult:
    from psycopg.types.json import Jsonb

    with sources.connection() as connection:
        [edges] = connection.execute("select count(*) from ops.column_lineage").fetchone() or (0,)
        offenders = missing_ends(connection)
        passed = bool(edges) and not offenders
        metadata = {"edges": edges, "sample": offenders[:10], "runbook": _RUNBOOK}
        values = [LINEAGE.to_user_string(), CHECK, passed, context.run.run_id, Jsonb(metadata)]
        connection.execute(_INSERT, values)
    return dg.AssetCheckResult(
        passed=passed,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "edges": edges,
            **({"failing_sample": as_table(offenders[:10])} if offenders else {}),
            **runbook_of(_RUNBOOK, passed=passed),
        },
    )
