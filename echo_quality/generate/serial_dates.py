"""Days as spreadsheets number them, with the time of day as a fraction, for contracts that declare `excelDates`.

In the 1900 system day 1 is 1900-01-01, and day 60 is a 29 February that never was: it reads as nothing, and the days
before it count from one day later. In the 1904 system day 1 is 1904-01-02. A serial is read from 1 on: 0 is what an
empty cell looks like. Times are rounded to the millisecond, which undoes what binary fractions add.
"""

from __future__ import annotations

PATTERN = "[1-9][0-9]{0,5}(?:[.,][0-9]{1,15})?"
"""Six digits reach the year 4637; a day of eight digits, as 20240102, is never one."""
_LAST = {1900: 109574, 1904: 108112}
"""2199-12-31, the last day that any reading accepts."""
_MILLISECONDS_OF_A_DAY = "86400000"


def _whole(text: str) -> str:
    return f"cast(split_part(translate({text}, ',', '.'), '.', 1) as integer)"


def day(text: str, system: int) -> str:
    """The day of a text that has the pattern, NULL for one that is in no calendar. Both engines read it."""
    whole = _whole(text)
    if system == 1904:
        return f"case when {whole} <= {_LAST[system]} then date '1904-01-01' + {whole} end"
    return (
        f"case when {whole} < 60 then date '1899-12-31' + {whole}"
        f" when {whole} between 61 and {_LAST[system]} then date '1899-12-30' + {whole} end"
    )


def has_clock(text: str) -> str:
    """That a text of the pattern says more than the day."""
    return f"rtrim({_fraction(text)}, '0') <> ''"


def moment_in_duckdb(text: str, system: int) -> str:
    """The local timestamp of a text that has the pattern."""
    fraction = f"cast('0.' || {_fraction(text)} as decimal(28,15)) * cast({_MILLISECONDS_OF_A_DAY} as decimal(9,0))"
    return f"(({day(text, system)})::timestamp + to_milliseconds(cast(round({fraction}) as bigint)))"


def moment_in_postgres(text: str, system: int) -> str:
    """The local timestamp of a text that has the pattern."""
    milliseconds = f"round(('0.' || {_fraction(text)})::numeric * {_MILLISECONDS_OF_A_DAY})"
    return f"(({day(text, system)})::timestamp + {milliseconds} * interval '1 millisecond')"


def _fraction(text: str) -> str:
    """The digits behind the mark, `0` where there are none."""
    return f"coalesce(nullif(split_part(translate({text}, ',', '.'), '.', 2), ''), '0')"
