"""A process that extracts a source and kills itself at a point of its third window. Run as a script by the test."""

from __future__ import annotations

import datetime
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import psycopg

from echo_quality.extracts import ledger, window_files
from echo_quality.extracts.extract import Asked, extract
from echo_quality.odcs import read_contract


def die_after(owner: Any, name: str, times: int, *, before: bool) -> None:
    """Make a function of a module the last thing that this process does, or does not do any more."""
    real, left = getattr(owner, name), [times]

    def doomed(*arguments: Any, **named: Any) -> Any:
        left[0] -= 1
        if before and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        found = real(*arguments, **named)
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return found

    setattr(owner, name, doomed)


def run(terms: dict[str, Any]) -> None:
    """Extract with the terms of the test."""
    points = {"partial": (window_files, "sha256_of", True), "placed": (ledger, "record", True)}
    owner, name, before = points.get(terms["point"], (ledger, "record", False))
    die_after(owner, name, terms["after"], before=before)
    asked = Asked(
        {"SHOP_URL": terms["shop"]},
        Path(terms["folder"]),
        Path(terms["workspace"]),
        datetime.datetime.fromisoformat(terms["now"]),
    )
    with psycopg.connect(terms["warehouse"], autocommit=True) as connection:
        extract(connection, read_contract(Path(terms["contract"])), asked)


if __name__ == "__main__":
    run(json.loads(sys.argv[1]))
