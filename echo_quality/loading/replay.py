"""Reading loads again from the bytes in the lake: which were read by another contract, and what would come of it.

Nothing is published here: a load that is asked for waits like a new file, and is taken in by the same steps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.loading.loads import Load, standing_loads
from echo_quality.loading.publish import divided
from echo_quality.loading.raw_rows import text_of
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.take_in import archived_path
from echo_quality.loading.tally import Tally
from echo_quality.loading.typed_rows import Engine, UnreadableText, inspect, opened, stream
from echo_quality.reading_terms import reading_hash


@dataclass(frozen=True)
class Preview:
    """What reading a load again would reject; `refusal` says why it could not be read at all."""

    load: Load
    rejected: int | None
    refusal: str | None = None

    @property
    def is_worse(self) -> bool:
        """Whether the load would lose rows by it."""
        return self.rejected is None or self.rejected > (self.load.quarantined or 0)

    @property
    def in_words(self) -> str:
        """Rejected rows before and after."""
        after = f"could not be read: {self.refusal}" if self.rejected is None else f"would reject {self.rejected} rows"
        return f"{self.load.source}/{self.load.file}: rejects {self.load.quarantined or 0} rows, {after}"


def read_otherwise(connection: Connection[Any], contract: Contract) -> list[Load]:
    """The loads that stand and were read by other rules than today's; where no hash is known, the version tells."""
    now = reading_hash(contract)
    return [
        load
        for load in standing_loads(connection, contract.source).values()
        if load.status != "landed"
        and (load.reading != now if load.reading else load.contract_version != contract.version)
    ]


def preview(contract: Contract, load: Load, lake: Path, engine: Engine) -> Preview:
    """Type and judge the bytes of a load by the contract, and count; nothing is written to any table."""
    try:
        try:
            return Preview(load, _tallied(contract, load, lake, engine).bad)
        except UnreadableText:
            again = replace(load, notes={**load.notes, "is_rewritten": True})
            return Preview(load, _tallied(contract, again, lake, engine).bad)
    except (RefusedFile, UnreadableText) as refusal:
        return Preview(load, None, str(refusal))
    except FileNotFoundError:
        return Preview(load, None, f"the lake has no bytes of it: {archived_path(load, lake)} is gone")


def ask_for(connection: Connection[Any], loads: Iterable[Load]) -> None:
    """Let these loads wait to be read again; it lasts until they were, also through a crash."""
    connection.execute(
        "update ops.loads set replay_at = now() where load_id = any (%s)", [[load.load_id for load in loads]]
    )


def _tallied(contract: Contract, load: Load, lake: Path, engine: Engine) -> Tally:
    tally = Tally(contract)
    table = text_of(load, contract, archived_path(load, lake), load.file, engine.workspace)
    with opened(engine, contract, table) as duck:
        _, keys = inspect(duck, contract)
    with opened(engine, contract, table) as duck:
        for batch in stream(duck, contract, 0, keys):
            tally.add(*divided(batch))
    return tally
