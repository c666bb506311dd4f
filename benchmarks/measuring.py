"""A place to measure in: an embedded server of its own with the real tables, and files of a given size."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from echo_assets import server
from echo_assets.server import Databases
from echo_assets.settings import Settings
from echo_assets.warehouse_tables import prepare_tables
from echo_quality.contract import Contract
from echo_quality.loading.tally import Tally
from echo_quality.odcs import read_contracts

HEADER = ("transaction_id", "transaction_date", "amount", "customer_id", "product_id", "status", "payment_method")


@dataclass
class Place:
    """Where a benchmark works; everything in it goes away with it."""

    folder: Path
    settings: Settings
    databases: Databases
    contracts: dict[str, Contract]
    sha256: str = ""

    @property
    def url(self) -> str:
        """The warehouse."""
        return self.databases.url()

    @property
    def psql(self) -> str:
        """The public tool that loading is compared with."""
        return str(server.client("psql"))

    @property
    def lake(self) -> Path:
        """For archived files and Parquet copies."""
        return self.folder / "lake"

    def empty(self) -> None:
        """Leave every table of revenue as a migration makes it."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(
                "truncate raw.revenue, staging.revenue, staging.revenue_shadow, quarantine.revenue, ops.loads"
            )
            connection.execute("checkpoint")


@contextmanager
def bench_place() -> Iterator[Place]:
    """An embedded server in a temporary home, stopped at the end."""
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        Path(folder).chmod(0o755)
        settings = Settings.from_environment({"ECHO_HOME": f"{folder}/home", "ECHO_LANDING": f"{folder}/landing"})
        contracts = read_contracts(settings.contracts)
        databases = server.up(settings)
        try:
            with psycopg.connect(databases.url(), autocommit=True) as connection:
                prepare_tables(connection, contracts.values())
            yield Place(Path(folder), settings, databases, contracts)
        finally:
            server.down(settings)


def no_gate(tally: Tally) -> None:
    """Let every load pass: the suite is not what is measured."""
    del tally


def make_file(folder: Path, rows: int) -> Path:
    """A revenue file of seven columns in which every row is good."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.csv

    path = folder / f"revenue_{rows}.csv"
    random = np.random.default_rng(1)
    with path.open("wb") as file:
        file.write((",".join(HEADER) + "\n").encode())
        for first in range(0, rows, 250_000):
            count = min(250_000, rows - first)
            days = np.datetime64("2024-01-01") + random.integers(0, 540, count)
            table = pa.table(
                {
                    "transaction_id": np.char.mod("T%09d", np.arange(first, first + count)),
                    "transaction_date": days.astype(str),
                    "amount": np.char.mod("%.2f", random.integers(100, 500_000, count) / 100),
                    "customer_id": np.char.mod("C%06d", random.integers(0, 50_000, count)),
                    "product_id": np.char.mod("P%04d", random.integers(0, 1_000, count)),
                    "status": random.choice(["paid", "completed", "refunded", "failed"], count),
                    "payment_method": random.choice(["card", "paypal", "stripe"], count),
                }
            )
            options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none")
            pyarrow.csv.write_csv(table, file, options)
    return path


def peak_memory_of(place: Place, rows: int) -> float:
    """Peak resident memory in MB of a process that loads such a file and nothing else."""
    path = make_file(place.folder, rows)
    place.empty()
    script = Path(__file__).with_name("load_once.py")
    answer = subprocess.run(
        [sys.executable, str(script), place.url, str(path), str(place.lake)], check=True, capture_output=True, text=True
    )
    path.unlink()
    return float(answer.stdout.split()[-1])
