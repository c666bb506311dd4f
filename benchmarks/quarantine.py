r"""A file with one bad row in a hundred against the same file without, in one run, interleaved.

    python benchmarks/quarantine.py [--rows 1000000] [--rounds 5] [--share 0.01]

Three files: every row good; bad values (a date, an amount, a status, a customer that is missing); bad values and bad
lines (a field too many, too few, a stray quote), which make both engines ask for the text to be rewritten. Prints the
medians, and each ratio to the clean file. A round fails unless every bad row is in quarantine with its reasons, and
every good one is staged. Bad values may take at most 1.5 times as long; bad lines are shown beside them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import psycopg
from measuring import HEADER, Place, bench_place, make_file, no_gate

from echo_quality.loading.publish import publish
from echo_quality.loading.raw_rows import land, text_of
from echo_quality.loading.source_file import Archived, SourceFile, sha256_of
from echo_quality.loading.typed_rows import Engine

_AT = {name: at for at, name in enumerate(HEADER)}
_ANY_SHARE = 1.0


def _with(name: str, text: str) -> Callable[[list[str]], list[str]]:
    """The fields with one of them replaced."""
    return lambda fields: [*fields[: _AT[name]], text, *fields[_AT[name] + 1 :]]


VALUES = (
    _with("transaction_date", "31/12/2024"),
    _with("amount", "ten"),
    _with("status", "unknown"),
    _with("customer_id", ""),
)
LINES = (
    lambda fields: [*fields, "surplus"],
    lambda fields: fields[:3],
    _with("customer_id", 'C"1"x,'),
)


def spoilt(clean: Path, share: float, *ways: Callable[[list[str]], list[str]]) -> tuple[Path, int]:
    """A copy in which every so many rows are spoilt in turn, and how many are."""
    path, every, count = clean.with_name(f"{clean.stem}_{len(ways)}_ways.csv"), round(1 / share), 0
    with clean.open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as copy:
        copy.write(next(lines))
        for number, line in enumerate(lines):
            if number % every:
                copy.write(line)
            else:
                copy.write(",".join(ways[count % len(ways)](line.rstrip("\n").split(","))) + "\n")
                count += 1
    return path, count


def seconds(place: Place, path: Path, sha256: str, bad: int) -> float:
    """Seconds to land and publish the file into empty tables; ends the program if a row is not where it should be."""
    place.empty()
    contract, file = place.contracts["revenue"], SourceFile("revenue", path, path.name)
    archived = Archived(path, sha256, path.stat().st_size, path.stat().st_mtime_ns)
    with psycopg.connect(place.url, autocommit=True) as connection, tempfile.TemporaryDirectory() as folder:
        engine = Engine(Path(folder))
        start = time.perf_counter()
        load = land(connection, contract, file, archived, engine, _ANY_SHARE)
        table = text_of(load, contract, path, path.name, engine.workspace)
        load = publish(connection, contract, load, table, engine, no_gate, place.lake).load
        taken = time.perf_counter() - start
        (kept,) = connection.execute("select count(*) from quarantine.revenue where reasons <> '[]'").fetchone() or (0,)
    if (load.quarantined, kept, load.staged) != (bad, bad, (load.rows_in_file or 0) - bad):
        sys.exit(f"{bad} rows are bad, {kept} have reasons in quarantine: {load}")
    return taken


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--share", type=float, default=0.01)
    options = parser.parse_args()
    with bench_place() as place:
        clean = make_file(place.folder, options.rows)
        files = {
            "every row good": (clean, 0),
            "bad values": spoilt(clean, options.share, *VALUES),
            "bad values and lines": spoilt(clean, options.share, *VALUES, *LINES),
        }
        hashes = {path: sha256_of(path) for path, _ in files.values()}
        taken: dict[str, list[float]] = {name: [] for name in files}
        for _ in range(options.rounds):
            for name, (path, bad) in files.items():
                taken[name].append(seconds(place, path, hashes[path], bad))
            print("  ".join(f"{name} {times[-1]:.2f} s" for name, times in taken.items()), flush=True)
    usual = median(taken["every row good"])
    print(f"\n{options.rows} rows, one in {round(1 / options.share)} bad, median of {options.rounds}")
    for name, times in taken.items():
        print(f"{name:<22} {median(times):6.2f} s   {median(times) / usual:.2f}")


if __name__ == "__main__":
    main()
