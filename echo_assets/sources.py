"""What the file assets, the sensors and `echoctl` share: contracts, the landing folder, connections, room to work in.

One value made from the settings; nothing is read or connected before it is asked for.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from echo_assets import server
from echo_assets.landing import found_in, shown, told
from echo_assets.settings import Settings
from echo_quality.contract import Contract
from echo_quality.loading.source_file import SourceFile
from echo_quality.odcs import read_contracts
from echo_quality.synthetic.folder import TRUTH_FILE

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_quality.loading.typed_rows import Engine


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Sources:
    """The sources of one installation. `clock` is what checks of freshness and alerts go by, and nothing else."""

    settings: Settings
    clock: Callable[[], datetime] = _now

    @cached_property
    def contracts(self) -> dict[str, Contract]:
        """Every contract by its source."""
        return read_contracts(self.settings.contracts)

    def files(self, source: str) -> dict[str, SourceFile]:
        """The files of a source in the landing folder, folders below it included, by partition key and in name order.

        Left out are hidden files, names of unfinished downloads, and whatever is not a plain file inside the folder.
        """
        files, _ = found_in(self.settings.landing / source, source)
        return {file.partition_key: file for file in files}

    def overlooked(self) -> list[str]:
        """What in the landing folder nobody would take in, as sentences: unknown folders, files beside the folders."""
        landing = self.settings.landing
        if not landing.is_dir():
            return [f"the landing folder {landing} does not exist: put files into {landing}/<source>/"]
        entries = sorted(path for path in landing.iterdir() if not path.name.startswith("."))
        folders = [path.name for path in entries if path.is_dir() and path.name not in self.contracts]
        files = [path.name for path in entries if path.is_file() and path.name != TRUTH_FILE]
        lost = [f"{shown(name)}/ in the landing folder belongs to no contract: nobody reads it" for name in folders]
        lost += [
            f"{shown(name)} lies beside the folders of the sources: nobody reads it; put it into {landing}/<source>/"
            for name in files
        ]
        return lost + [sentence for source in self.contracts for sentence in self._left_alone(source)]

    def _left_alone(self, source: str) -> Iterator[str]:
        _, left = found_in(self.settings.landing / source, source)
        return told(source, left)

    def max_rejected_share(self, contract: Contract) -> float:
        """The share of rejected rows above which a load is refused: the contract's, unless the settings override it."""
        override = self.settings.max_rejected_share
        return contract.max_rejected_share if override is None else override

    def url(self, *, read_only: bool = False) -> str:
        """Where the warehouse is."""
        return server.databases(self.settings).url(read_only=read_only)

    @contextmanager
    def connection(self, *, read_only: bool = False) -> Iterator[Connection[Any]]:
        """A connection to the warehouse on which each statement outside a transaction block is its own."""
        import psycopg

        with psycopg.connect(self.url(read_only=read_only), autocommit=True) as connection:
            yield connection

    @contextmanager
    def alone(self, source: str) -> Iterator[Connection[Any]]:
        """A connection, once no other process is landing or publishing a file of this source; the others wait.

        `echoctl run` and the daemon may be at the same file: the second one then finds it done.
        """
        with self.connection() as connection:
            connection.execute("select pg_advisory_lock(hashtext('echo.step'), hashtext(%s))", [source])
            yield connection

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """What typing may use, with a folder for temporary files that is removed afterwards."""
        from echo_assets.streaming.dirty_days import days_of_replaced_events
        from echo_quality.loading.typed_rows import Engine

        scratch = self.settings.home / "tmp"
        scratch.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=scratch) as workspace:
            settings = self.settings
            yield Engine(
                Path(workspace),
                settings.memory_limit_mb,
                business_timezone=settings.timezone,
                limits=settings.limits,
                also_changed=partial(days_of_replaced_events, timezone=settings.timezone),
            )
