"""`echoctl contract check|generate|diff|migrate`: contracts, what is generated from them, and the tables they make."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets import server
from echo_assets.cli.ready import ready, tell
from echo_assets.settings import PROJECT, Settings
from echo_quality.contract import Contract
from echo_quality.odcs import read_contracts

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_quality.streams.contract import StreamContract

app = typer.Typer(help="Contracts: check, generate, compare with the database, migrate.", no_args_is_help=True)


@app.command()
def check() -> None:
    """Read every contract and suite, and compare the generated files with them.

    Exit code 1 if a file is out of date, or a rule is worth nothing: no row can break it, or none can keep it.
    """
    from echo_assets.data_dictionary import out_of_date
    from echo_assets.dbt.project import load_project
    from echo_assets.mutations import flaws
    from echo_quality.generate import drift

    contracts = _contracts()
    streams = _streams()
    stale = [*drift(contracts, PROJECT, streams.values()), *out_of_date(_dictionary(contracts), PROJECT)]
    for path in stale:
        tell(f"{path} is not what the contracts say: run `echoctl contract generate` and commit the result")
    worthless = flaws(contracts, load_project().manifest)
    for sentence in worthless:
        tell(sentence)
    if stale or worthless:
        raise typer.Exit(1)
    print(f"{len(contracts) + len(streams)} contracts are sound, and all generated files are up to date.")


@app.command()
def generate() -> None:
    """Write the files that are generated from the contracts, and the data dictionary, which tells of models as well."""
    from echo_assets.data_dictionary import PAGE, out_of_date
    from echo_quality.generate import write

    contracts = _contracts()
    changed = write(contracts, PROJECT, _streams().values())
    text = _dictionary(contracts)
    for path in out_of_date(text, PROJECT):
        (PROJECT / PAGE).parent.mkdir(parents=True, exist_ok=True)
        (PROJECT / PAGE).write_text(text, encoding="utf-8")
        changed.append(path)
    print("\n".join(f"written: {path}" for path in changed) or "Nothing to write: all generated files are up to date.")


@app.command()
def diff() -> None:
    """Show where the tables differ from the contracts, and the statement that would remove each difference."""
    import psycopg

    from echo_quality.generate.tables import tables_of
    from echo_quality.migrate import differences_of

    url = server.databases(Settings.from_environment()).url(read_only=True)
    with psycopg.connect(url) as connection:
        tables = [table for contract in _contracts().values() for table in tables_of(contract)]
        found = [difference for table in tables for difference in differences_of(connection, table)]
        missing = [table.qualified for table in tables if not _exists(connection, table.qualified)]
    for name in missing:
        print(f"{name}: the whole table is missing (addition): `echoctl contract migrate` makes it")
    for difference in found:
        kind = "addition" if difference.is_additive else "yours to make"
        print(f"{difference.table}: {difference.what} ({kind})\n  {difference.statement};")
    if not found and not missing:
        print("The tables are what the contracts say.")


@app.command()
def migrate(
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing unless something is refused.")] = False,
) -> None:
    """Make what is missing in the database; anything but an addition is refused with its statement."""
    with ready(Settings.from_environment()):
        if not quiet:
            print("The tables are what the contracts say.")


def _exists(connection: Connection[Any], table: str) -> bool:
    row = connection.execute("select to_regclass(%s) is not null", [table]).fetchone()
    return bool(row and row[0])


def _dictionary(contracts: dict[str, Contract]) -> str:
    from echo_assets.data_dictionary import data_dictionary
    from echo_assets.dbt.project import load_project
    from echo_assets.lineage.known import known_lineage

    lineage = known_lineage(Settings.from_environment(), contracts).lineage
    return data_dictionary(contracts, load_project().manifest, lineage, _streams().values())


def _contracts() -> dict[str, Contract]:
    return read_contracts(Settings.from_environment().contracts)


def _streams() -> dict[str, StreamContract]:
    from echo_quality.streams.reading import read_streams

    return read_streams(Settings.from_environment().contracts)
