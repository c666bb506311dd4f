"""Taking one file in: archive it, and land it unless its bytes are already settled."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.loading import loads
from echo_quality.loading.loads import Load
from echo_quality.loading.raw_rows import land
from echo_quality.loading.source_file import SourceFile, archive
from echo_quality.loading.typed_rows import Engine


@dataclass(frozen=True)
class TakenIn:
    """The load that now stands for a file, and whether this call landed it."""

    load: Load
    is_new: bool


def take_in(
    connection: Connection[Any], contract: Contract, file: SourceFile, lake: Path, engine: Engine, max_share: float
) -> TakenIn:
    """Land the file; the same bytes under the same terms are a no-op."""
    archived = archive(file, lake)
    standing = loads.standing_loads(connection, contract.source).get(file.partition_key)
    if standing is not None and loads.is_settled(standing, archived.sha256, contract, max_share, engine.limits):
        loads.seen_again(connection, standing, archived)
        return TakenIn(standing, is_new=False)
    return TakenIn(land(connection, contract, file, archived, engine, max_share), is_new=True)


def archived_file(load: Load, lake: Path) -> SourceFile:
    """The file of a load as the lake keeps it, for when it is no longer in the landing folder."""
    return SourceFile(load.source, archived_path(load, lake), load.file, load.partition_key)


def archived_path(load: Load, lake: Path) -> Path:
    """Where the lake keeps the bytes of a load."""
    return lake / "raw" / load.sha256[:2] / load.sha256
