"""`echoctl quarantine list|show|export|waive`: rejected rows, their status and reasons; personal data if asked for."""

from __future__ import annotations

import getpass
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from echo_assets.cli.ready import tell
from echo_assets.settings import Settings, SettingsError
from echo_assets.sources import Sources

if TYPE_CHECKING:
    from echo_quality.contract import Contract

app = typer.Typer(help="Rejected rows: list, show, export, waive.", no_args_is_help=True)

_SHOWN = 50
_PERSONAL = "Show personal data in clear; else it is masked."
Source = Annotated[str, typer.Argument(help="A source, such as revenue.")]
Status = Annotated[str | None, typer.Option(help="Only rows of this status: open, fixed or waived.")]
Personal = Annotated[bool, typer.Option("--personal", help=_PERSONAL)]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_rows(
    source: Annotated[str | None, typer.Option(help="Only rows of this source.")] = None,
    status: Status = None,
    as_json: AsJson = False,
) -> None:
    """List rejected rows, newest first: number, status, rules, file and line; never a value of the file."""
    from echo_assets.cli.tables import write_table
    from echo_quality.quarantine.entries import counts, entries

    sources = Sources(Settings.from_environment())
    chosen = [_contract(sources, source)] if source else list(sources.contracts.values())
    with sources.connection(read_only=True) as connection:
        found = entries(connection, chosen, _status(status))
        by_source = {contract.source: counts(connection, contract.source) for contract in chosen}
    if as_json:
        print(json.dumps({"counts": by_source, "rows": [entry.as_json() for entry in found]}, indent=2))
        return
    if not found:
        print("No such row was ever rejected." if status or source else "No row was ever rejected.")
        return
    columns = ("row", "source", "status", "broken", "file", "row_number", "first_seen_at", "last_seen_at")
    write_table(
        ["row", "source", "status", "rules", "file", "line", "first seen", "last seen"],
        [[_cell(getattr(entry, name)) for name in columns] for entry in found[:_SHOWN]],
    )
    if len(found) > _SHOWN:
        print(f"... and {len(found) - _SHOWN} more: --json lists them all, `echoctl quarantine export` writes them")


@app.command()
def show(
    source: Source,
    row: Annotated[int, typer.Argument(help="Its number in `echoctl quarantine list`.")],
    personal: Personal = False,
    as_json: AsJson = False,
) -> None:
    """Show a rejected row: its status and history, and wherever it stands its text, reasons, file, line and hash."""
    from echo_quality.quarantine.entries import entry_of, places_of

    sources = Sources(Settings.from_environment())
    contract = _contract(sources, source)
    with sources.connection(read_only=True) as connection:
        entry = entry_of(connection, contract, row).as_json()
        places = places_of(connection, contract, row, personal=personal)
    if as_json:
        print(json.dumps({**entry, "places": places}, indent=2, ensure_ascii=False))
        return
    print("\n".join(f"{name:<14} {_in_words(value)}" for name, value in entry.items() if value is not None))
    for place in places:
        print(f"\n{place['file']}, row {place['row_number']}, sha256 {place['file_sha256']}")
        print("\n".join(f"  {column}: {_in_words(text)}" for column, text in place["raw"].items()))
        for reason in place["reasons"]:
            print(
                f"  breaks {reason['rule']}: {reason.get('column') or 'the whole line'} is {_in_words(reason['value'])}"
                + (f" ({reason['why']})" if reason.get("why") else "")
            )
    if not places:
        print("\nNo file that stands has it any more; its text went with its file.")


@app.command()
def export(
    source: Annotated[str | None, typer.Option(help="Only rows of this source.")] = None,
    status: Status = None,
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of standard output.")] = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="CSV, a column for each column of the source; else JSON Lines.")
    ] = False,
    personal: Personal = False,
) -> None:
    """Write the rows that stand in quarantine, with text and reasons; what a spreadsheet would run is disarmed."""
    from echo_quality.quarantine.entries import rows_of

    sources = Sources(Settings.from_environment())
    chosen = [_contract(sources, source)] if source else list(sources.contracts.values())
    wanted, is_csv = _status(status), csv or (out is not None and out.suffix == ".csv")
    if is_csv and len(chosen) > 1:
        raise SettingsError("--csv", "all sources", "one source: CSV has one set of columns, so add --source")
    written = 0
    with _target(out) as target, sources.connection(read_only=True) as connection:
        for contract in chosen:
            with closing(rows_of(connection, contract, wanted, personal=personal)) as rows:
                written += (_write_csv if is_csv else _write_json)(contract, rows, target)
    tell(f"{written} rejected rows written" + (f" to {out}" if out else ""))


@app.command()
def waive(
    source: Source,
    rows: Annotated[list[int], typer.Argument(help="Their numbers in `echoctl quarantine list`.")],
    reason: Annotated[str, typer.Option(help="Why these rows may be left out; kept with your name.")],
) -> None:
    """Accept that rows stay out of the figures, with a reason; they stay in quarantine and are counted as waived."""
    from echo_quality.quarantine.entries import waive as waive_rows

    sources = Sources(Settings.from_environment())
    contract = _contract(sources, source)
    with sources.connection() as connection:
        waived = waive_rows(connection, contract, rows, getpass.getuser(), reason)
    print(f"{source}: waived {', '.join(map(str, waived))}")


def _contract(sources: Sources, source: str) -> Contract:
    if source not in sources.contracts:
        raise SettingsError("source", source, f"one of {', '.join(sources.contracts)}")
    return sources.contracts[source]


def _status(status: str | None) -> str | None:
    from echo_quality.quarantine.entries import STATUSES

    if status is not None and status not in STATUSES:
        raise SettingsError("--status", status, f"one of {', '.join(STATUSES)}")
    return status


@contextmanager
def _target(out: Path | None) -> Iterator[Any]:
    import sys

    if out is None:
        yield sys.stdout
    else:
        with out.open("w", encoding="utf-8", newline="") as file:
            yield file


def _write_csv(contract: Contract, rows: Iterator[dict[str, Any]], target: Any) -> int:
    from echo_assets.cli.tables import write_csv

    own = ("row", "status", "file", "row_number", "file_sha256", "contract_version")
    columns, written = [*contract.names, "_extra", "_unparsed"], 0

    def lines() -> Iterator[list[Any]]:
        nonlocal written
        for row in rows:
            written += 1
            broken = "; ".join(f"{reason['rule']}: {reason['value']}" for reason in row["reasons"])
            yield [*(row[name] for name in own), broken, *(row["raw"].get(column) for column in columns)]

    write_csv([*own, "reasons", *columns], lines(), target)
    return written


def _write_json(contract: Contract, rows: Iterator[dict[str, Any]], target: Any) -> int:
    written = 0
    for row in rows:
        written += 1
        print(json.dumps({"source": contract.source, **row}, ensure_ascii=False), file=target)
    return written


def _cell(value: Any) -> Any:
    return value.isoformat(" ", "seconds")[:19] if hasattr(value, "isoformat") else value


def _in_words(value: Any) -> str:
    from echo_assets.cli.tables import one_line, text

    return "(nothing)" if value is None else one_line(text(value))
