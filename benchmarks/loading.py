r"""Loading against `psql \\copy` of the same file into an all-text table, in one run, interleaved; dlt beside it.

    python benchmarks/loading.py [--rows 1000000] [--rounds 5] [--with-dlt] [--memory]

Prints medians, ratios (psql's seconds / ours: 1.0 is as fast as psql) and the peak memory of our process. `landing` is
the copy into `raw` without hashing and archiving; `loading` adds typing, rejecting, publishing and the Parquet copy.
The suite is not part of either. With --memory one load of ten times the rows is compared with one of the rows.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import psycopg
from measuring import HEADER, Place, bench_place, make_file, no_gate, peak_memory_of

from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import land, text_of
from echo_quality.loading.source_file import Archived, SourceFile, sha256_of
from echo_quality.loading.typed_rows import Engine


def psql_seconds(place: Place, path: Path) -> float:
    r"""One `psql \\copy` into a fresh all-text table."""
    columns = ", ".join(f"{column} text" for column in HEADER)
    with psycopg.connect(place.url, autocommit=True) as connection:
        connection.execute("drop table if exists all_text")
        connection.execute(f"create table all_text ({columns})".encode())
    start = time.perf_counter()
    copy = f"\\copy all_text from '{path}' (format csv, header true)"
    subprocess.run([place.psql, "-q", "-d", place.url, "-c", copy], check=True)
    return time.perf_counter() - start


def our_seconds(place: Place, path: Path) -> tuple[float, float]:
    """Seconds to land the file, and seconds to land and publish it, into empty tables."""
    place.empty()
    contract = place.contracts["revenue"]
    file = SourceFile("revenue", path, path.name)
    archived = Archived(path, place.sha256, path.stat().st_size, path.stat().st_mtime_ns)
    with psycopg.connect(place.url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        start = time.perf_counter()
        load = land(connection, contract, file, archived, engine, 0.05)
        landed = time.perf_counter() - start
        table = text_of(load, contract, path, path.name, engine.workspace)
        load = publish(connection, contract, load, table, engine, no_gate, place.lake).load
        total = time.perf_counter() - start
    if load.staged != load.rows_in_file:
        sys.exit(f"the benchmark's file must load completely: {load}")
    return landed, total


def dlt_seconds(place: Place, path: Path, over_arrow: bool) -> float:
    """One dlt pipeline run over the first fifth of the file, scaled to the whole."""
    script = Path(__file__).with_name("dlt_peer.py")
    mode = "arrow" if over_arrow else "defaults"
    password = place.databases.environment()["DBT_ENV_SECRET_ECHO_PASSWORD"]
    answer = subprocess.run(
        [sys.executable, str(script), place.url, str(path), mode],
        env={**os.environ, "CREDENTIALS__PASSWORD": password},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return float(answer.stdout.split()[-1])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--with-dlt", action="store_true")
    parser.add_argument("--memory", action="store_true")
    options = parser.parse_args()
    with bench_place() as place:
        path = make_file(place.folder, options.rows)
        place.sha256 = sha256_of(path)
        rounds = []
        for _ in range(options.rounds):
            rounds.append((psql_seconds(place, path), *our_seconds(place, path)))
            print("psql {:.2f} s  landing {:.2f} s  loading {:.2f} s".format(*rounds[-1]), flush=True)
        psql, landing, loading = (median(column) for column in zip(*rounds, strict=True))
        print(f"\n{options.rows} rows, {path.stat().st_size / 1e6:.0f} MB, median of {options.rounds}")
        print(f"psql \\copy            {psql:6.2f} s   1.00")
        print(f"landing               {landing:6.2f} s   {psql / landing:.2f}")
        print(f"loading               {loading:6.2f} s   {psql / loading:.2f}")
        if options.with_dlt:
            for over_arrow, name in ((False, "dlt, its defaults"), (True, "dlt over Arrow")):
                seconds = dlt_seconds(place, path, over_arrow)
                print(f"{name:<21} {seconds:6.2f} s   {psql / seconds:.3f}")
        if options.memory:
            small = peak_memory_of(place, options.rows)
            large = peak_memory_of(place, 10 * options.rows)
            print(
                f"peak memory {small:.0f} MB at {options.rows} rows, {large:.0f} MB at ten times: {large / small:.2f}"
            )


if __name__ == "__main__":
    main()
