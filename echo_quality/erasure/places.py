"""Every place of the platform that a person may be in, and what an erasure does there.

A part of the platform that keeps rows of persons (features, scores, streams) adds its place here, and its handler to
those that `erase` is given. Places that no handler covers are reported as they are described.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A place, and what becomes of it in words."""

    name: str
    what_happens: str


Handler = Callable[[str, str], int]
"""Takes a person out of one place, given the id and the token, and says how many rows or documents that concerned.

It is called before the transaction of the tables ends: a crash in it, or after it, leaves an erasure that is repeated.
"""

PLACES = (
    Place("raw rows", "the id is replaced by a random token, personal columns are blanked"),
    Place("staging rows", "the same; amounts stay, so every sum stays"),
    Place("shadow rows", "the same"),
    Place("rejected rows", "the same, and the values among the reasons go"),
    Place("check results", "samples of checks and alerts show the token"),
    Place("event log", "samples in Dagster's event log show the token"),
    Place("quality pages", "pages that show the id are taken away, and written again from the results"),
    Place("archived files", "rows are redacted in the lake, whatever the format; ops.erased_files has the new hash"),
    Place("Parquet copies", "rows are redacted"),
    Place("models", "dimensions, facts and marts are rebuilt for the days of the person's rows"),
    Place("features", "snapshots, restated ones and scores go on under the token; what is served is deleted"),
    Place("stream", "events, exposures and dead letters are redacted; what a topic holds goes with its retention"),
    Place("training sets", "hold no id: customers are numbered, so that a row is nobody's; nothing is changed"),
    Place("landing folder", "yours: nothing is changed, the files that still hold the person are named"),
)
