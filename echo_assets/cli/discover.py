"""`echoctl discover`: a proposal of a contract for a file that nobody has described yet."""

from __future__ import annotations

import datetime
import re
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from echo_assets.cli import FAILED
from echo_assets.cli.ready import tell
from echo_assets.settings import Settings
from echo_quality.contract import Dialect

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def register(app: typer.Typer) -> None:
    """Add this topic's commands."""
    app.command()(discover)


def discover(
    file: Annotated[Path, typer.Argument(help="Any file that Echo reads: CSV, Excel, Parquet, JSON Lines.")],
    source: Annotated[str | None, typer.Option(help="Name of the source. Else made from the file's name.")] = None,
    encoding: Annotated[
        str | None, typer.Option(help="How a text is encoded, such as cp1250, if it does not tell.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Which sheet of a workbook, by its name.")] = None,
    header_row: Annotated[int | None, typer.Option(min=1, help="In which line or row the header stands.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where to write the contract, a new file. Else it is printed.")
    ] = None,
) -> None:
    """Profile an unknown file and propose a contract for it, with the reasons and what to look at first.

    Exit code 1 if the proposal cannot be used before a person has answered which day a row belongs to.
    """
    from echo_quality.discover import DiscoverError, source_name
    from echo_quality.discover import discover as propose

    if not file.is_file():
        raise DiscoverError(f"{file} is no file: name the file to look at")
    name = source or (out.stem if out else source_name(file))
    if not _NAME.fullmatch(name):
        raise DiscoverError(f"source name {name!r} must be lower case letters, digits and _, at most 40")
    if out and (out.exists() or out.stem != name):
        raise DiscoverError(f"{out}: the contract of {name} goes into a new file called {name}.yaml")
    today = datetime.datetime.now(datetime.UTC).date()
    dialect = Dialect(encoding, None, sheet, header_row)
    with tempfile.TemporaryDirectory(dir=_scratch(Settings.from_environment())) as workspace:
        proposal = propose(file, name, Path(workspace), today, dialect)
    for line in proposal.report:
        tell(line)
    if out:
        out.write_text(proposal.text, encoding="utf-8")
        tell(f"written: {out}; put it into the folder of contracts and run `echoctl contract generate`")
    else:
        print(proposal.text, end="")
    if not proposal.is_usable:
        raise typer.Exit(FAILED)


def _scratch(settings: Settings) -> Path | None:
    """The home's own place for temporary files, if there is a home; looking at a file makes none."""
    scratch = settings.home / "tmp"
    return scratch if scratch.is_dir() else None
