"""Loading the code location against importing what it stands on, in fresh processes, interleaved.

python benchmarks/code_location.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from statistics import median

IMPORTS = "import dagster, dagster_dbt"
LOCATION = "from echo_assets.definitions import defs; defs().resolve_all_asset_specs()"


def seconds(code: str) -> float:
    """One fresh interpreter that runs the code."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, capture_output=True)
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    pairs = [(seconds(IMPORTS), seconds(LOCATION)) for _ in range(rounds)]
    imports, location = (median(column) for column in zip(*pairs, strict=True))
    print(f"{IMPORTS}: {imports:.2f} s   code location: {location:.2f} s   ratio {location / imports:.2f}")


if __name__ == "__main__":
    main()
