"""Load one revenue file in a process of its own and print the peak resident memory in MB: URL FILE LAKE."""

from __future__ import annotations

import resource
import sys
import tempfile
from pathlib import Path

import psycopg
from measuring import no_gate

from echo_assets.settings import PROJECT
from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path, take_in
from echo_quality.loading.typed_rows import Engine
from echo_quality.odcs import read_contracts


def main(url: str, path: Path, lake: Path) -> None:
    """Archive, land and publish, as the assets do."""
    contract = read_contracts(PROJECT / "echo_quality" / "contracts")["revenue"]
    with psycopg.connect(url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        load = take_in(connection, contract, SourceFile("revenue", path, path.name), lake, engine, 0.05).load
        table = text_of(load, contract, archived_path(load, lake), load.file, engine.workspace)
        load = publish(connection, contract, load, table, engine, no_gate, lake).load
    print(f"{load.staged} rows staged, peak MB", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
