"""Whether the columns of a source are as its contract declares them: what is open of `ops.schema_changes`.

Open is a column that the newest accepted file has and the contract does not know, a file that stands refused for its
columns, a declared column that looks renamed and has not come back, and a column whose values cannot be read. What was
only read differently (order, declared names) is history; so is what a contract lets drop.
"""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row

from echo_quality.contract import Contract
from echo_quality.findings import Finding, SourceCheck, View
from echo_quality.loading.header import known_headers, spelling

NAME = "schema_is_as_declared"
_SHOWN = 20
_OPEN = """
with newest as (
    select load_id, notes from ops.loads
    where source = %(source)s and status in ('loaded', 'replaced') and notes ? 'header'
    order by load_id desc limit 1
), changes as (
    select change.*, loads.status, loads.contract_version
    from ops.schema_changes as change join ops.loads as loads using (load_id)
    where change.source = %(source)s
)
select distinct on (kind, "column") kind, "column", class, what, answer, proposal, file, seen_at::timestamp(0)::text
from changes left join newest on true
where (kind = 'new_column' and newest.notes -> 'unknown_columns' ? "column")
    or (kind in ('new_column', 'optional_column_gone', 'column_renamed', 'required_column_gone', 'type_no_longer_fits')
        and status = 'refused' and (class = 'major' or answer = 'file refused'))
    or (kind = 'column_renamed' and status in ('loaded', 'replaced') and not newest.notes -> 'header' ? "column")
    or (kind = 'type_no_longer_fits' and status in ('loaded', 'replaced'))
order by kind, "column", schema_change_id
"""


def schema_check(contract: Contract) -> SourceCheck:
    """The check of one source."""
    mode = contract.over_time.schema_mode.value
    said = f"Files have the columns of the contract, and values of their types (schemaMode {mode})."
    return SourceCheck(NAME, "schema-is-as-declared", said, find)


def find(view: View) -> Finding:
    """What is open: an error where a declared value does not reach its place, else a warning."""
    found = open_changes(view.connection, view.contract)
    majors = [change for change in found if change["class"] == "major"]
    proposals = [change["proposal"] for change in found if change["proposal"]]
    facts: dict[str, Any] = {"open": len(found), "major": len(majors), "owner": view.contract.owner}
    if proposals:
        facts["proposal"] = "\n".join(proposals)
    said = "; ".join(f"{change['what']} ({change['answer']})" for change in (majors or found)[:_SHOWN])
    return Finding(not found, said or "The columns are as declared.", bool(majors), facts, tuple(found[:_SHOWN]))


def open_changes(connection: Connection[Any], contract: Contract) -> list[dict[str, Any]]:
    """The open changes of a source; a new column that its contract knows by now is not one of them."""
    with connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(_OPEN, {"source": contract.source}).fetchall()
    known = known_headers(contract)
    return [
        change for change in found if not (change["kind"] == "new_column" and spelling(change["column"]) in known)
    ]  # fmt: skip
