"""Putting the rejected rows of a load into quarantine, each with its raw text and its reasons."""

from __future__ import annotations

import csv
from itertools import islice
from typing import IO, Any

from psycopg import Connection, sql
from psycopg.types.json import Jsonb

from echo_quality.contract import Contract
from echo_quality.hints import hints_of
from echo_quality.loading.loads import Load
from echo_quality.rules import rules_of

_AT_ONCE = 50_000


def quarantine(connection: Connection[Any], contract: Contract, load: Load, rejected: IO[bytes]) -> None:
    """Write the rejected rows, given as lines `row_id,"numbers of broken rules"`, with raw text and reasons."""
    terms = {"sha256": load.sha256, "version": load.contract_version, "rules": Jsonb(_told(contract))}
    insert = sql.SQL(_QUARANTINE).format(
        quarantine=sql.Identifier("quarantine", contract.source), nothing=sql.Literal("{}")
    )
    rejected.seek(0)
    rows = csv.reader(map(bytes.decode, rejected))
    while some := list(islice(rows, _AT_ONCE)):
        ids, broken = [int(row_id) for row_id, _ in some], [numbers for _, numbers in some]
        found = sql.SQL(_BAD_ROWS).format(
            raw=sql.Identifier("raw", contract.source),
            first=sql.Literal(min(ids)), last=sql.Literal(max(ids)), ids=sql.Literal(ids),
        )  # fmt: skip
        connection.execute(found)
        connection.execute(insert, {**terms, "ids": ids, "broken": broken})
        connection.execute("drop table bad_rows")


def _told(contract: Contract) -> list[dict[str, Any]]:
    """What a reason says of each rule, by its number."""
    return [
        {
            "rule": rule.name,
            "column": ", ".join(rule.columns) or None,
            "columns": list(rule.columns) or ["_unparsed"],
            "hints": [{"pattern": pattern, "why": why} for pattern, why in hints_of(contract, rule)],
        }
        for rule in rules_of(contract)
    ]


_BAD_ROWS = """
create temp table bad_rows on commit drop as
select * from {raw} where _row_id between {first} and {last} and _row_id = any ({ids}::bigint[])
"""
"""A statement of its own, without parameters: only so does the server divide reading the table among workers."""

_QUARANTINE = """
with read as materialized (
    select bad_rows._row_id, _unparsed is null as is_record, _extra, to_jsonb(bad_rows) as cells,
        string_to_array(broken, ',')::int[] as numbers
    from bad_rows join unnest(%(ids)s::bigint[], %(broken)s::text[]) as rejected (_row_id, broken) using (_row_id)
)
insert into {quarantine} (_row_id, _file_sha256, _row_number, _contract_version, raw, reasons)
select _row_id, %(sha256)s, _row_id & 4294967295, %(version)s,
    jsonb_strip_nulls(cells - '_row_id' - case when is_record then '' else '_extra' end),
    (
        select jsonb_agg(jsonb_build_object(
            'column', rule.said -> 'column',
            'rule', rule.said -> 'rule',
            'value', (
                select string_agg(cells ->> part, ', ')
                from jsonb_array_elements_text(rule.said -> 'columns') as part
            )
        ) || case
            when rule.said -> 'column' = 'null' then jsonb_build_object('why', _extra)
            when rule.said -> 'hints' = '[]' then {nothing}
            else coalesce((
                select jsonb_build_object('why', hint.why)
                from jsonb_to_recordset(rule.said -> 'hints') as hint (pattern text, why text)
                where btrim(cells ->> (rule.said -> 'columns' ->> 0)) ~ hint.pattern limit 1
            ), {nothing})
        end order by number)
        from unnest(numbers) as number, lateral (select %(rules)s::jsonb -> number as said) as rule
    )
from read
"""
