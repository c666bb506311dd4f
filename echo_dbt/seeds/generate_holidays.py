# /// script
# requires-python = ">=3.11"
# dependencies = ["holidays==0.109"]
# ///
"""Writes the seed holidays.csv: the national public holidays of 2015 to 2035 from the `holidays` library.

Run with `uv run echo_dbt/seeds/generate_holidays.py`; the library is needed for this alone, never to build.
Which country's calendar dim_date shows is the dbt variable `holiday_country`.
"""

from __future__ import annotations

import csv
from importlib import import_module
from pathlib import Path

COUNTRIES = ("AU", "CA", "DE", "ES", "FR", "GB", "IE", "IT", "NL", "PL", "US")
YEARS = range(2015, 2036)
SEED = Path(__file__).with_name("holidays.csv")


def rows() -> list[tuple[str, str, str]]:
    """Country, date and name of every holiday, in order; two on one day share a row."""
    calendar_of = import_module("holidays").country_holidays
    return [
        (country, day.isoformat(), name)
        for country in COUNTRIES
        for day, name in sorted(calendar_of(country, years=YEARS, language="en_US").items())
    ]


def main() -> None:
    """Replace the seed."""
    with SEED.open("w", newline="", encoding="utf-8") as seed:
        writer = csv.writer(seed, lineterminator="\n")
        writer.writerow(("country", "holiday_date", "holiday_name"))
        writer.writerows(rows())


if __name__ == "__main__":
    main()
