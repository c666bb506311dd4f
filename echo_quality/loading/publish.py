"""Publishing one landed load: type, reject, audit and publish in one transaction, or leave everything as it was.

Good rows go straight into `staging`, where nobody sees them before the commit. The gate then decides: publish, or roll
back to before the copy and keep only the quarantine and the reason. In the same transaction rows of an earlier version
of the file go, keys that meet another load are settled, and touched days become dirty.
"""

from __future__ import annotations

import io
import tempfile
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from psycopg import Connection, sql

from echo_quality.contract import Contract
from echo_quality.loading import loads, settle
from echo_quality.loading.bulk import key_index_built_after, produced_ahead
from echo_quality.loading.loads import Load
from echo_quality.loading.rejected_rows import quarantine
from echo_quality.loading.schema_ledger import note_types
from echo_quality.loading.tally import Tally
from echo_quality.loading.text_table import TextTable
from echo_quality.loading.typed_rows import Engine, Keys, opened, stream
from echo_quality.quarantine import ledger as quarantine_ledger

if TYPE_CHECKING:
    import pyarrow

_WAITING_BYTES = 64 << 20

Gate = Callable[[Tally], str | None]
"""Says why a load must not be published, or None."""


@dataclass(frozen=True)
class Published:
    """What became of a load: the ledger's row, and how many rows broke each rule."""

    load: Load
    violations: dict[str, int]


def publish(
    connection: Connection[Any], contract: Contract, load: Load, table: TextTable, engine: Engine, gate: Gate,
    lake: Path | None = None,
) -> Published:  # fmt: skip
    """Finish a landed load. `lake` is where an accepted load is also written as Parquet; None writes none.

    A load that is not waiting any more (finished by a retry, superseded by a newer landing) is left as it is.
    """
    tally = Tally(contract)
    with tempfile.TemporaryFile(dir=engine.workspace) as rejected, connection.transaction():
        loads.lock_source(connection, contract.source)
        standing = loads.load_of(connection, load.load_id)
        if standing.status != "landed":
            return Published(standing, {})
        older = settle.older_loads(connection, load)
        reason = _staged(connection, contract, load, table, engine, gate, lake, tally, rejected, older)
        quarantine(connection, contract, load, rejected)
        if tally.bad:
            quarantine_ledger.record(connection, load.source, load.load_id)
        if reason is None:
            settle.close_accepted(connection, contract, load, tally, older)
        else:
            settle.close_refused(connection, contract, load, tally, older, reason)
        note_types(connection, contract, load, tally.violations, refused=reason is not None)
        quarantine_ledger.settle(connection, load.source, load.load_id)
        loads.was_read_again(connection, load)
    return Published(loads.load_of(connection, load.load_id), tally.violations)


class _Refused(Exception):
    """Carries the gate's reason out of the savepoint, which rolls the good rows back."""


def _staged(
    connection: Connection[Any], contract: Contract, load: Load, table: TextTable, engine: Engine, gate: Gate,
    lake: Path | None, tally: Tally, rejected: IO[bytes], older: list[Load],
) -> str | None:  # fmt: skip
    """Put the good rows in place; the reason if the gate refuses them, in which case staging is as before."""
    try:
        with connection.transaction(), parquet_file(lake, contract, load) as keep:
            days = settle.withdraw_accepted(connection, contract, engine.business_timezone, older)
            settled = settle.had_rows(connection, contract)
            with key_index_built_after(connection, contract, load, meanwhile=keep.write_all):
                _copy_good_rows(connection, contract, load, table, engine, tally, rejected, keep.add)
            if reason := gate(tally) or _emptied(contract, tally, older):
                raise _Refused(reason)
            days |= settle.settle_keys(
                connection, contract, load, tally, engine.business_timezone, meets_others=settled
            )
            days |= set(engine.also_changed(connection, load))
            settle.mark_dirty(connection, contract, load, tally.days | days)
    except _Refused as refusal:
        return str(refusal)
    return None


def _emptied(contract: Contract, tally: Tally, older: list[Load]) -> str | None:
    """Why an empty file is refused. A window of a server may become empty: its rows may be in other windows."""
    had_rows = [load for load in older if load.is_accepted and load.staged]
    if tally.rows == 0 and had_rows and not contract.is_extracted(had_rows[0].file):
        return "the file has no rows any more: delete its earlier version by hand if that is meant"
    return None


def _copy_good_rows(
    connection: Connection[Any], contract: Contract, load: Load, table: TextTable, engine: Engine, tally: Tally,
    rejected: IO[bytes], keep: Callable[[pyarrow.RecordBatch], None],
) -> None:  # fmt: skip
    columns = [*_filled(contract, table), "_row_id"]
    copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(
        sql.Identifier("staging", contract.source), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with (
        opened(engine, contract, table) as duck,
        connection.cursor() as cursor,
        cursor.copy(copy) as writer,
    ):
        keys = Keys(**load.notes["keys"])
        for batch in produced_ahead(stream(duck, contract, load.first_row_id, keys)):
            good, bad, duplicates = divided(batch)
            tally.add(good, bad, duplicates)
            writer.write(_csv(good.select(columns)))
            rejected.write(_csv(bad.select(["_row_id", "_violations"])))
            keep(good)


def _filled(contract: Contract, table: TextTable) -> list[str]:
    """The columns that can have values: those of the file, and those that are filled in. The others stay NULL."""
    return [column.name for column in contract.columns if column.name in table.columns or column.is_filled_in]


def divided(batch: pyarrow.RecordBatch) -> Iterator[pyarrow.RecordBatch]:
    """Good, bad and duplicate rows of a batch."""
    import pyarrow.compute as compute

    bad, duplicate = compute.is_valid(batch["_violations"]), batch["_is_duplicate"]
    if not compute.any(compute.or_(bad, duplicate)).as_py():
        return iter((batch, batch.slice(0, 0), batch.slice(0, 0)))
    good = compute.invert(compute.or_(bad, duplicate))
    return iter((batch.filter(good), batch.filter(bad), batch.filter(compute.and_(duplicate, compute.invert(bad)))))


def _csv(batch: pyarrow.RecordBatch) -> bytes:
    """The rows as COPY reads them; without quotes, which cost both ends time, unless a value needs them."""
    import pyarrow

    try:
        return _written(batch, "none")
    except pyarrow.ArrowInvalid:
        return _written(batch, "needed")


def _written(batch: pyarrow.RecordBatch, quoting: str) -> bytes:
    import pyarrow.csv

    sink = io.BytesIO()
    if batch.num_rows:
        options = pyarrow.csv.WriteOptions(include_header=False, quoting_style=quoting)
        pyarrow.csv.write_csv(batch, sink, options)
    return sink.getvalue()


class parquet_file:  # noqa: N801 - a context manager, named like a function
    """Collects the good rows of a load as `lake/staging/<source>/<load>.parquet`; a failed block leaves no file.

    The latest batches wait in memory, up to a bound: copying them into the table is more urgent, and while PostgreSQL
    builds the index there is time to write them.
    """

    def __init__(self, lake: Path | None, contract: Contract, load: Load) -> None:
        """Nothing is opened before the first batch."""
        self._folder = lake / "staging" / contract.source if lake else None
        self._load, self._columns = load, [*contract.names, "_row_id"]
        self._writer: Any = None
        self._waiting: deque[pyarrow.RecordBatch] = deque()
        self._bytes_waiting = 0

    @property
    def _partial(self) -> Path:
        return Path(str(self._folder)) / f".{self._load.load_id}.partial"

    def __enter__(self) -> parquet_file:
        """Add batches to it."""
        return self

    def add(self, batch: pyarrow.RecordBatch) -> None:
        """Take one batch, and write the oldest ones if too many are waiting."""
        if self._folder is None or not batch.num_rows:
            return
        self._waiting.append(batch.select(self._columns))
        self._bytes_waiting += self._waiting[-1].nbytes
        while self._bytes_waiting > _WAITING_BYTES:
            self._write_oldest()

    def write_all(self) -> None:
        """Write what is waiting."""
        while self._waiting:
            self._write_oldest()

    def _write_oldest(self) -> None:
        import pyarrow.parquet

        rows = self._waiting.popleft()
        self._bytes_waiting -= rows.nbytes
        if self._writer is None:
            Path(str(self._folder)).mkdir(parents=True, exist_ok=True)
            self._writer = pyarrow.parquet.ParquetWriter(
                self._partial, rows.schema, compression="lz4", use_dictionary=False, write_statistics=False
            )
        self._writer.write_batch(rows)

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Give the file its name if all went well, else remove it."""
        if self._folder is None:
            return
        try:
            if kind is None:
                self.write_all()
            if self._writer is not None:
                self._writer.close()
            if kind is None and self._writer is not None:
                self._partial.replace(self._partial.with_name(f"{self._load.load_id}.parquet"))
        finally:
            self._partial.unlink(missing_ok=True)
