"""The share of rejected rows of each file that stands, beside the bound that it was judged by."""

from __future__ import annotations

from psycopg.rows import dict_row

from echo_quality.contract import Contract
from echo_quality.findings import Finding, SourceCheck, View

NAME = "rejected_share_within_bound"
_SHOWN = 20
_SHARES = """
select distinct on (partition_key) load_id, file, status, rows_in_file, quarantined,
    quarantined::float8 / nullif(rows_in_file, 0) as share, max_rejected_share::float8 as bound
from ops.loads where source = %s and status in ('loaded', 'replaced', 'refused')
order by partition_key, load_id desc
"""


def rejected_share_check(contract: Contract) -> SourceCheck:
    """The check of one source."""
    bound = f"{contract.max_rejected_share:.1%}"
    said = f"Of every file that stands, no more rows are rejected than is allowed ({bound} by the contract)."
    return SourceCheck(NAME, "rejected-share-within-bound", said, rejected_share)


def rejected_share(view: View) -> Finding:
    """Files with more rejected rows than their bound, which were refused for it."""
    with view.connection.cursor(row_factory=dict_row) as cursor:
        loads = cursor.execute(_SHARES, [view.contract.source]).fetchall()
    loads.sort(key=lambda load: (load["share"] or 0.0, load["load_id"]), reverse=True)
    shown = [{**load, "share": round(load["share"] or 0.0, 6), "owner": view.contract.owner} for load in loads]
    over = [load for load in shown if load["share"] > load["bound"]]
    rows, rejected = (sum(load[name] or 0 for load in loads) for name in ("rows_in_file", "quarantined"))
    facts = {
        "share": round(rejected / rows, 6) if rows else 0.0, "bound": view.contract.max_rejected_share,
        "highest_share": shown[0]["share"] if shown else 0.0, "owner": view.contract.owner,
    }  # fmt: skip
    return Finding(not over, _in_words(over, rows, rejected), True, facts, tuple(over[:_SHOWN]), tuple(shown[:_SHOWN]))


def _in_words(over: list[dict[str, object]], rows: int, rejected: int) -> str:
    if not over:
        return f"{rejected} of {rows} rows are rejected, and of no file too many."
    worst = over[0]
    more = f", and {len(over) - 1} more files" if len(over) > 1 else ""
    return f"{worst['file']}: {worst['share']:.1%} of the rows are rejected, {worst['bound']:.1%} are allowed{more}."
