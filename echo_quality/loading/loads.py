"""The rows of `ops.loads`: one for each attempt to load one version of one file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from echo_quality.contract import Contract
from echo_quality.loading.limits import Limits, is_raised
from echo_quality.loading.source_file import Archived, SourceFile
from echo_quality.quarantine import ledger
from echo_quality.reading_terms import reading_hash

ACCEPTED = ("loaded", "replaced")


@dataclass(frozen=True)
class Load:
    """A load as the ledger has it. Counts are rows; they are None until the load is finished."""

    load_id: int
    source: str
    file: str
    partition_key: str
    sha256: str
    bytes: int
    modified_ns: int
    contract_version: str
    max_rejected_share: float
    status: str
    reason: str | None
    notes: dict[str, Any]
    rows_in_file: int | None
    staged: int | None
    withheld: int | None
    quarantined: int | None
    duplicates: int | None
    reading: str | None = None
    to_be_replayed: bool = False

    @property
    def first_row_id(self) -> int:
        """Where the load's range of `_row_id` begins; its row n is this plus n."""
        return self.load_id << 32

    @property
    def is_accepted(self) -> bool:
        """Whether its rows are published."""
        return self.status in ACCEPTED


_COLUMNS = """
    load_id, source, file, partition_key, sha256, bytes, modified_ns, contract_version,
    max_rejected_share::float8, status, reason, notes, rows_in_file, staged, withheld, quarantined, duplicates, reading,
    replay_at is not null as to_be_replayed"""


def lock_source(connection: Connection[Any], source: str) -> None:
    """One transaction at a time loads a source: row numbers come from one sequence, keys meet in one table."""
    connection.execute("select pg_advisory_xact_lock(hashtext('echo.load'), hashtext(%s))", [source])


def begin(
    connection: Connection[Any], contract: Contract, file: SourceFile, archived: Archived, max_rejected_share: float
) -> int:
    """Enter a new load in state `landed`."""
    row = connection.execute(
        """insert into ops.loads (source, file, partition_key, sha256, bytes, modified_ns, contract_version,
           max_rejected_share, reading, replay_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s,
           (select max(replay_at) from ops.loads where source = %s and partition_key = %s)) returning load_id""",
        [contract.source, file.shown_name, file.partition_key, archived.sha256, archived.size, archived.modified_ns,
         contract.version, max_rejected_share, reading_hash(contract), contract.source, file.partition_key],
    ).fetchone()  # fmt: skip
    return int(row[0]) if row else 0


def refuse_file(connection: Connection[Any], load_id: int, reason: str, notes: dict[str, Any] | None = None) -> None:
    """Close a load whose file could not be read at all: it has no rows to count."""
    connection.execute(
        """update ops.loads set status = 'refused', reason = %s, rows_in_file = 0, staged = 0, withheld = 0,
           quarantined = 0, duplicates = 0, loaded_at = clock_timestamp(), notes = %s where load_id = %s""",
        [reason, Jsonb(notes or {}), load_id],
    )
    was_read_again(connection, load_of(connection, load_id))


def note(connection: Connection[Any], load_id: int, rows_in_file: int, notes: dict[str, Any]) -> None:
    """Record how many rows landed and how the file was read."""
    connection.execute(
        "update ops.loads set rows_in_file = %s, notes = %s where load_id = %s", [rows_in_file, Jsonb(notes), load_id]
    )


def was_read_again(connection: Connection[Any], load: Load) -> None:
    """Whatever came of it: nobody waits any more for the file of this load to be read again."""
    connection.execute(
        """update ops.loads set replay_at = null
           where source = %s and partition_key = %s and replay_at is not null""",
        [load.source, load.partition_key],
    )


def load_of(connection: Connection[Any], load_id: int) -> Load:
    """The load of that number."""
    with connection.cursor(row_factory=class_row(Load)) as cursor:
        found = cursor.execute(f"select {_COLUMNS} from ops.loads where load_id = %s", [load_id]).fetchone()
    if found is None:
        raise LookupError(f"no load {load_id} in ops.loads")
    return found


def standing_loads(connection: Connection[Any], source: str) -> dict[str, Load]:
    """For each file of a source its newest load that still stands, by partition key."""
    with connection.cursor(row_factory=class_row(Load)) as cursor:
        rows = cursor.execute(
            f"""select distinct on (partition_key) {_COLUMNS} from ops.loads
                where source = %s and status not in ('superseded', 'withdrawn')
                order by partition_key, load_id desc""",
            [source],
        ).fetchall()
    return {load.partition_key: load for load in rows}


def is_unseen(
    load: Load | None, size: int, modified_ns: int, contract: Contract, max_rejected_share: float, limits: Limits
) -> bool:
    """Whether a file has to be read: never loaded, touched since, or refused under other terms than now."""
    if load is None or (load.bytes, load.modified_ns) != (size, modified_ns):
        return True
    return not is_settled(load, load.sha256, contract, max_rejected_share, limits)


def seen_again(connection: Connection[Any], load: Load, archived: Archived) -> None:
    """Remember that a touched file still holds the bytes of its load."""
    connection.execute("update ops.loads set modified_ns = %s where load_id = %s", [archived.modified_ns, load.load_id])


def withdraw_refused(connection: Connection[Any], source: str, present: Collection[str]) -> list[str]:
    """Close the refused loads whose files were taken away, and return their names."""
    with connection.transaction():
        closed = connection.execute(
            """update ops.loads set status = 'withdrawn' where source = %s and status = 'refused'
               and not partition_key = any (%s) returning load_id, file""",
            [source, list(present)],
        ).fetchall()
        for load_id, _ in closed:
            ledger.settle(connection, source, load_id, ledger.GONE)
    return [file for _, file in closed]


def is_settled(load: Load | None, sha256: str, contract: Contract, max_rejected_share: float, limits: Limits) -> bool:
    """Whether loading these bytes again could change nothing: accepted, or refused under the very same terms.

    An accepted load is read again only when somebody asks for it (`echoctl replay`).
    """
    if load is None or load.sha256 != sha256 or load.status == "landed" or load.to_be_replayed:
        return False
    same_terms = (load.contract_version, load.max_rejected_share) == (contract.version, max_rejected_share)
    same_reading = load.reading in (None, reading_hash(contract))
    return load.is_accepted or (same_terms and same_reading and not is_raised(load.notes, limits))
