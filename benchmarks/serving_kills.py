"""Kill -9 of the serving process and of the database in turn, under load: what every answer was.

    python benchmarks/serving_kills.py [--kills 20]

200 requests a kill on loopback. An answer is equal to the primary-key SELECT, a 503, or (while the killed process is
down) no connection; anything else is wrong, is printed, and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from echo_assets.settings import Settings

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "serving"))
from kills import REQUESTS, Round, arena


def main() -> None:
    """Kill and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="echo-bench-") as folder:
        Path(folder).chmod(0o755)
        with arena(Settings.from_environment({"ECHO_HOME": f"{folder}/home"})) as place:
            rounds = []
            for number in range(1, options.kills + 1):
                rounds.append(place.kill("database" if number % 2 else "serving", number))
                _print(number, rounds[-1])
    totals = sum((each.outcomes for each in rounds), Counter[str]())
    wrong = [text for each in rounds for text in each.wrong]
    print(f"\n{options.kills} kills, {REQUESTS} requests each: {dict(totals)}; wrong: {len(wrong)}")
    if wrong:
        print("\n".join(wrong))
        raise SystemExit(1)


def _print(number: int, found: Round) -> None:
    told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(found.outcomes.items()))
    print(f"{number:>3}  {found.victim:<9} back after {found.back_after:4.1f} s   {told}", flush=True)


if __name__ == "__main__":
    main()
