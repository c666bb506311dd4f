"""A process that erases one person and stops between tables and lake until it is told to go on, to be killed there.

Run as a script by test_erasure_kill.py. It says `tables` on its output and then waits for a line of input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import psycopg
from doomed_load import CONTRACTS, stop_at

from echo_quality.erasure.erase import erase, finish
from echo_quality.loading.typed_rows import Engine
from echo_quality.odcs import read_contracts


def erase_everywhere(url: str, name: str, folder: Path, person: str) -> None:
    """Erase the person from the tables, and then from the lake."""
    contracts, lake = read_contracts(CONTRACTS).values(), folder / "lake"
    with psycopg.connect(url, autocommit=True, application_name=name) as connection:
        erase(connection, contracts, person, "tester", lake, "UTC")
        stop_at("tables")
        finish(connection, contracts, lake, Engine(folder))
    stop_at("lake")


if __name__ == "__main__":
    erase_everywhere(sys.argv[1], sys.argv[2], Path(sys.argv[3]), sys.argv[4])
