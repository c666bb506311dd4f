"""A process that loads one file and stops at two places until it is told to go on, so that it can be killed there.

Run as a script by test_kill.py. It says `landed` and `gate` on its output, and after each waits for a line of input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg

from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_path, take_in
from echo_quality.loading.tally import Tally
from echo_quality.loading.typed_rows import Engine
from echo_quality.odcs import read_contract

CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"


def stop_at(place: str) -> None:
    """Say where we are and wait."""
    print(place, flush=True)
    sys.stdin.readline()


def gate(tally: Tally) -> str | None:
    """Lets every load pass, after the stop: its rows are in staging by now, uncommitted."""
    stop_at("gate")
    return None


def load(url: str, name: str, folder: Path, source: str) -> None:
    """Land the file and publish it."""
    contract, engine, lake = read_contract(CONTRACTS / f"{source}.yaml"), Engine(folder), folder / "lake"
    with psycopg.connect(url, autocommit=True, application_name=name) as connection:
        file = SourceFile(source, folder / "landing" / source / "a.csv", "a.csv")
        landed = take_in(connection, contract, file, lake, engine, 1.0).load
        stop_at("landed")
        table = text_of(landed, contract, archived_path(landed, lake), landed.file, engine.workspace)
        publish(connection, contract, landed, table, engine, gate, lake)
    stop_at("published")


if __name__ == "__main__":
    load(sys.argv[1], sys.argv[2], Path(sys.argv[3]), "revenue")
