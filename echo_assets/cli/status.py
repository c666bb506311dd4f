"""`echoctl status`: what is up, what was loaded, what is dirty, what was restated, which checks are red."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets import server
from echo_assets.settings import Settings
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from psycopg import Connection

_LOADS = """
select source, count(*) as files, sum(staged)::bigint as rows, max(loaded_at)::timestamp(0)::text as last_load,
    count(*) filter (where status = 'refused') as refused
from ops.loads where status in ('loaded', 'replaced', 'refused') group by source order by source
"""
_RESTATED = """
select asset, to_char(period, 'YYYY-MM-DD') as period, figure, before::text, after::text,
    restated_at::timestamp(0)::text as restated_at
from ops.restatements order by restatement_id desc limit 5
"""


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(status)


def status(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """Show the server, the sources, what waits to be built, what was restated last, and every red check."""
    settings = Settings.from_environment()
    state = _state(settings)
    if as_json:
        print(json.dumps(state, indent=2, ensure_ascii=False, default=str))
    else:
        _print(state)


def _state(settings: Settings) -> dict[str, Any]:
    found = server.status(settings)
    state: dict[str, Any] = {
        "server": {"running": found.running, "host": found.host, "port": found.port, "version": found.version},
        "home": str(settings.home),
        "landing": str(settings.landing),
    }
    return state | _warehouse(settings) if found.running else state


def _warehouse(settings: Settings) -> dict[str, Any]:
    import dagster as dg
    from psycopg.rows import dict_row

    from echo_assets.definitions import build
    from echo_assets.planned import blocked_sources, planned_builds
    from echo_assets.verdicts import standing_verdicts

    sources = Sources(settings)
    to_build = [step.reason for step in planned_builds(sources)]
    if not (settings.dagster_home / "dagster.yaml").is_file():
        raise server.ServerError(f"{settings.dagster_home} has no dagster.yaml. Run `echoctl up`, which writes it.")
    with sources.connection(read_only=True) as connection, connection.cursor(row_factory=dict_row) as cursor:
        loads, restated = cursor.execute(_LOADS).fetchall(), cursor.execute(_RESTATED).fetchall()
        to_replay = _read_otherwise(sources, connection)
        schema_changes = _open_changes(sources, connection)
    job = build(settings).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.from_config(str(settings.dagster_home)) as instance:
        verdicts = standing_verdicts(instance, job)
    return {
        "sources": loads,
        "to_build": to_build,
        "blocked": sorted(blocked_sources(sources)),
        "restated": restated,
        "to_replay": to_replay,
        "schema_changes": schema_changes,
        "checks": verdicts.as_json(),
    }


def _read_otherwise(sources: Sources, connection: Connection[Any]) -> dict[str, int]:
    """How many files of each source another contract has read, where there are any."""
    from echo_quality.loading.replay import read_otherwise

    found = {source: len(read_otherwise(connection, contract)) for source, contract in sources.contracts.items()}
    return {source: files for source, files in found.items() if files}


def _open_changes(sources: Sources, connection: Connection[Any]) -> list[dict[str, Any]]:
    """Columns that are not as declared, of every source."""
    from echo_quality.schema_check import open_changes

    return [
        {"source": source, **{name: change[name] for name in ("file", "class", "what", "answer")}}
        for source, contract in sources.contracts.items()
        for change in open_changes(connection, contract)
    ]


def _print(state: dict[str, Any]) -> None:
    from echo_assets.cli.tables import write_table

    found = state["server"]
    if not found["running"]:
        print("The database is down: start it with `echoctl up`.")
        return
    print(f"PostgreSQL {found['version']} at {found['host']}:{found['port']}; home {state['home']}\n")
    if state["sources"]:
        write_table(list(state["sources"][0]), [list(row.values()) for row in state["sources"]])
    print("\nTo build: " + ("; ".join(state["to_build"]) or "nothing, everything is up to date"))
    if state["blocked"]:
        print(f"Nothing is built on {', '.join(state['blocked'])}: a blocking check is red, or was not asked")
    for source, files in state["to_replay"].items():
        print(f"{source}: {files} files were read by another contract than today's: `echoctl replay {source}`")
    if state["schema_changes"]:
        print("\nColumns that are not as declared (ops.schema_changes has all, with what to write into the contract):")
        write_table(list(state["schema_changes"][0]), [list(row.values()) for row in state["schema_changes"]])
        print()
    if state["restated"]:
        print("\nFigures of closed periods that changed last (ops.restatements has all, with their causes):")
        write_table(list(state["restated"][0]), [list(row.values()) for row in state["restated"]])
        print()
    checks = state["checks"]
    print("Checks: {passed} green, {warned} warnings, {failed} red ({blocking_failed} blocking)".format(**checks))
    for failure in checks["failures"]:
        print("  {severity:<5}  {asset}: {check}  {message}  {runbook}".format(**failure))
