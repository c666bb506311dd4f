"""Landing: the rows of one file as text in `raw.<source>`, the bytes as they are where PostgreSQL takes them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psycopg
from psycopg import Connection, sql

from echo_quality.contract import Contract
from echo_quality.erasure.lake import keep_out
from echo_quality.loading import loads
from echo_quality.loading.bulk import made_anew
from echo_quality.loading.limits import Limits
from echo_quality.loading.loads import Load
from echo_quality.loading.prepare import prepare
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.schema_ledger import note_header, refuse_frozen
from echo_quality.loading.source_file import Archived, SourceFile
from echo_quality.loading.text_files import has_stray_quotes
from echo_quality.loading.text_table import TextTable
from echo_quality.loading.typed_rows import Engine, Keys, UnreadableText, inspect, opened

_BLOCK = 1 << 20


def land(
    connection: Connection[Any],
    contract: Contract,
    file: SourceFile,
    archived: Archived,
    engine: Engine,
    max_rejected_share: float,
) -> Load:
    """Copy the archived bytes into `raw`, in one transaction; a file that cannot be read becomes a refused load.

    Two engines read it, PostgreSQL and DuckDB. Unless both find the same number of rows, the text is rewritten row by
    row and read again, so that from here on row n is the same row for both.
    """
    with connection.transaction():
        loads.lock_source(connection, contract.source)
        _forget(connection, file, "landed", "cut off before it was published")
        load_id = loads.begin(connection, contract, file, archived, max_rejected_share)
        try:
            table = prepare(archived.path, file.name, contract, engine.workspace, limits=engine.limits)
            table = keep_out(connection, contract, file.name, archived.path, table, engine)
            refuse_frozen(connection, contract, table.notes)
            table, rows, keys = _copy(connection, contract, file, archived, table, engine, load_id)
        except RefusedFile as refusal:
            _forget(connection, file, "refused", None)
            note_header(connection, contract, load_id, refusal.notes)
            loads.refuse_file(connection, load_id, str(refusal), refusal.notes)
        else:
            note_header(connection, contract, load_id, table.notes)
            how = {"is_rewritten": table.is_rewritten, "keys": asdict(keys), **engine.limits.as_notes()}
            loads.note(connection, load_id, rows, {**table.notes, **how})
    return loads.load_of(connection, load_id)


def text_of(load: Load, contract: Contract, archived: Path, file_name: str, workspace: Path) -> TextTable:
    """The text table that a load was landed from, made again from the archived bytes."""
    limits, rewrite = Limits.from_notes(load.notes), bool(load.notes.get("is_rewritten"))
    return prepare(archived, file_name, contract, workspace, rewrite=rewrite, limits=limits)


def _copy(
    connection: Connection[Any], contract: Contract, file: SourceFile, archived: Archived, table: TextTable,
    engine: Engine, load_id: int,
) -> tuple[TextTable, int, Keys]:  # fmt: skip
    try:
        return table, *_copied_and_inspected(connection, contract, table, engine, load_id)
    except (psycopg.DataError, psycopg.errors.ProgramLimitExceeded, UnreadableText) as error:
        if table.is_rewritten:
            raise RefusedFile(f"the rows cannot be read: {_without_values(error)}") from error
        rewritten = prepare(archived.path, file.name, contract, engine.workspace, rewrite=True, limits=engine.limits)
        why = {"rewritten_because": _without_values(error)}
        rewritten = replace(rewritten, notes={**rewritten.notes, **why})
        return _copy(connection, contract, file, archived, rewritten, engine, load_id)


def _without_values(error: Exception) -> str:
    """What an engine says in its first line, without the values that it quotes: they may be personal."""
    return re.sub(r'(["\'])(?:(?!\1).)*\1', r"\1***\1", str(error).splitlines()[0])


def _copied_and_inspected(
    connection: Connection[Any], contract: Contract, table: TextTable, engine: Engine, load_id: int
) -> tuple[int, Keys]:
    """Both engines read the file at the same time; a savepoint undoes the copy if they disagree."""
    with connection.transaction(), ThreadPoolExecutor(1) as second_reader:
        inspection = second_reader.submit(_inspected, engine, contract, table)
        copied = _copy_into_raw(connection, contract, table, load_id)
        rows, keys = inspection.result()
        if rows != copied:
            raise UnreadableText(f"PostgreSQL reads {copied} rows, DuckDB {rows}")
    return rows, keys


def _inspected(engine: Engine, contract: Contract, table: TextTable) -> tuple[int, Keys]:
    if not table.is_rewritten and has_stray_quotes(table.path, table.delimiter):
        raise UnreadableText("a quote stands within a field")
    with opened(engine, contract, table) as duck:
        return inspect(duck, contract)


def _copy_into_raw(connection: Connection[Any], contract: Contract, table: TextTable, load_id: int) -> int:
    target = sql.Identifier("raw", contract.source)
    sequence = f'raw."{contract.source}"'
    connection.execute(
        "select setval(pg_get_serial_sequence(%s, '_row_id'), (%s::bigint << 32) + 1, false)", [sequence, load_id]
    )
    copy = sql.SQL("copy {} ({}) from stdin (format csv, header, delimiter {}, encoding 'UTF8', freeze {})").format(
        target,
        sql.SQL(", ").join(map(sql.Identifier, table.columns)),
        sql.Literal(table.delimiter),
        sql.Literal(made_anew(connection, target)),
    )
    with connection.cursor() as cursor, table.path.open("rb") as file:
        with cursor.copy(copy) as writer:
            endless = 0
            while block := file.read(_BLOCK):
                endless = 0 if b"\n" in block or b"\r" in block else endless + len(block)
                if endless > table.longest_record:
                    raise UnreadableText("a line does not end")
                writer.write(block)
        return cursor.rowcount


def _forget(connection: Connection[Any], file: SourceFile, status: str, reason: str | None) -> None:
    """Supersede earlier attempts on this file: one cut off between landing and publishing, one that was refused."""
    earlier = connection.execute(
        """update ops.loads set status = 'superseded', reason = coalesce(%s, reason)
           where source = %s and partition_key = %s and status = %s returning load_id""",
        [reason, file.source, file.partition_key, status],
    ).fetchall()
    for (load_id,) in earlier:
        for schema in ("raw", "quarantine"):
            delete_rows(connection, sql.Identifier(schema, file.source), load_id)


def delete_rows(connection: Connection[Any], table: sql.Composable, load_id: int) -> None:
    """Delete the rows of one load from a table that carries `_row_id`."""
    connection.execute(
        sql.SQL(
            "delete from {} where _row_id between %(id)s::bigint << 32 and (%(id)s::bigint << 32) + 4294967295"
        ).format(table),
        {"id": load_id},
    )
