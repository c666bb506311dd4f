"""Reading files again after their contract was changed: which loads that concerns, what it would do, and the refresh.

The bytes come from the lake, the way is that of any file: `Refresh` takes in what waits and then builds what is dirty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from echo_assets.planner.report import RunReport
from echo_assets.refresh import Refresh
from echo_assets.sources import Sources
from echo_quality.loading.loads import Load, standing_loads


class ReplayError(ValueError):
    """What was asked for cannot be read again; the message names it and the fix."""


@dataclass(frozen=True)
class Outcome:
    """A load that was read again, and the load that stands for its file now."""

    before: Load
    after: Load

    @property
    def was_published(self) -> bool:
        """Whether the new reading stands; else the rows are those of before."""
        return self.after.load_id != self.before.load_id and self.after.is_accepted

    def as_json(self) -> dict[str, object]:
        """Both loads by their counts."""
        old, new = self.before, self.after
        return {
            "source": old.source, "file": old.file, "status": new.status, "reason": new.reason,
            "contract_before": old.contract_version, "contract_after": new.contract_version,
            "rows_in_file": new.rows_in_file, "rejected_before": old.quarantined, "rejected_after": new.quarantined,
        }  # fmt: skip


def stale_loads(sources: Sources, source: str | None = None, file: str | None = None) -> list[Load]:
    """Loads that another contract than today's has read; with `file`, that file's, whatever has read it."""
    from echo_quality.loading.replay import read_otherwise

    if source is not None and source not in sources.contracts:
        raise ReplayError(f"no source {source!r}: there are {', '.join(sources.contracts)}")
    chosen = [sources.contracts[source]] if source else list(sources.contracts.values())
    with sources.connection(read_only=True) as connection:
        if file is None:
            return [load for contract in chosen for load in read_otherwise(connection, contract)]
        standing = [load for each in chosen for load in standing_loads(connection, each.source).values()]
    found = [load for load in standing if load.file == file]
    if not found:
        raise ReplayError(f"no load of {file!r} stands in {source or 'any source'}: name a file as `ops.loads` has it")
    return found


def replayed(refresh: Refresh, loads: Sequence[Load]) -> Iterator[RunReport]:
    """Let the loads wait, then bring everything up to date. Hold the lock."""
    from echo_quality.loading.replay import ask_for

    with refresh.sources.connection() as connection:
        ask_for(connection, loads)
    yield from refresh.all()


def outcomes(sources: Sources, loads: Sequence[Load]) -> list[Outcome]:
    """What became of the loads that were read again."""
    with sources.connection(read_only=True) as connection:
        standing = {source: standing_loads(connection, source) for source in {load.source for load in loads}}
    return [Outcome(load, standing[load.source].get(load.partition_key, load)) for load in loads]
