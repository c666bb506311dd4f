"""Which files of the landing folder wait to be taken in, and the runs that take them in.

The new-file sensor and `echoctl run` ask here; what a run does is in `raw_files.py` and `staging_tables.py`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from echo_assets.sources import Sources
from echo_quality.loading.loads import Load, is_unseen, standing_loads, withdraw_refused
from echo_quality.loading.source_file import SourceFile
from echo_quality.loading.take_in import archived_file

RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
SOURCE_TAG, FINGERPRINT_TAG = "echo/source", "echo/files"


@dataclass(frozen=True)
class WaitingFile:
    """A file that must be read; `version` changes whenever the file is touched."""

    file: SourceFile
    version: str
    size: int = 0


@dataclass(frozen=True)
class FileRun:
    """One run over consecutive file partitions of one source."""

    source: str
    first: str
    last: str
    fingerprint: str
    size: int = 0
    """Of the files, in bytes."""

    @property
    def selection(self) -> tuple[tuple[str, str], ...]:
        """The asset keys that the run makes."""
        return tuple((layer, self.source) for layer in ("raw", "staging", "quarantine"))

    @property
    def tags(self) -> dict[str, str]:
        """What tells Dagster the range, and us the files."""
        files = {RANGE_START: self.first, RANGE_END: self.last}
        return {**files, SOURCE_TAG: self.source, FINGERPRINT_TAG: self.fingerprint}


def waiting_files(sources: Sources) -> dict[str, list[WaitingFile]]:
    """Per source the files that must be read, in name order; refused loads whose file is gone are closed on the way.

    A load that somebody wants to be read again waits even if its file is only in the lake.
    """
    waiting = {}
    with sources.connection() as connection:
        for source, contract in sources.contracts.items():
            present = sources.files(source)
            withdraw_refused(connection, source, present)
            standing, share = standing_loads(connection, source), sources.max_rejected_share(contract)
            found = []
            for key, file in {**present, **_in_the_lake_only(sources, standing, present)}.items():
                state = _state(file)
                terms = (contract, share, sources.settings.limits)
                if state and is_unseen(standing.get(key), state.st_size, state.st_mtime_ns, *terms):
                    version = f"{state.st_size}:{state.st_mtime_ns}:{share}:{contract.version}"
                    found.append(WaitingFile(file, version, state.st_size))
            if found:
                waiting[source] = found
    return waiting


def _in_the_lake_only(
    sources: Sources, standing: Mapping[str, Load], present: Mapping[str, SourceFile]
) -> dict[str, SourceFile]:
    """Files to be read again that are in the landing folder no more."""
    lake = sources.settings.lake
    asked = {key: load for key, load in standing.items() if load.to_be_replayed and key not in present}
    return {key: archived_file(load, lake) for key, load in asked.items()}


def _state(file: SourceFile) -> os.stat_result | None:
    """Size and time of a file, None if it went away since the folder was listed."""
    try:
        return file.path.stat()
    except FileNotFoundError:
        return None


def file_runs(source: str, waiting: Sequence[WaitingFile], known_keys: Sequence[str]) -> list[FileRun]:
    """The runs for the waiting files of one source, given its partition keys in Dagster's order, new ones at the end.

    A range follows that order, so files that are not neighbours in it need runs of their own.
    """
    versions = {waits.file.partition_key: waits.version for waits in waiting}
    sizes = {waits.file.partition_key: waits.size for waits in waiting}
    runs = []
    for keys in _neighbours(known_keys, versions):
        text = "\n".join([source, *(f"{key} {versions[key]}" for key in keys)])
        fingerprint = hashlib.sha256(text.encode()).hexdigest()[:16]
        runs.append(FileRun(source, keys[0], keys[-1], fingerprint, sum(sizes[key] for key in keys)))
    return runs


def _neighbours(order: Iterable[str], wanted: Iterable[str]) -> list[list[str]]:
    groups: list[list[str]] = []
    chosen, is_open = set(wanted), False
    for key in order:
        if key in chosen and is_open:
            groups[-1].append(key)
        elif key in chosen:
            groups.append([key])
        is_open = key in chosen
    return groups
