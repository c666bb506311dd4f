"""Whether a file may end with a totals row that no contract declares: a last row that is what the others add up to.

Published, it would double the source. Typing notes it in the load's ledger row; here it becomes a check.
"""

from __future__ import annotations

from echo_quality.contract import Contract
from echo_quality.findings import Finding, SourceCheck, View

NOTE = "last_row_sums_up"
NAME, SECTION = "last_row_is_no_total", "totals-row"
_SAID = "No file ends with a row that is exactly what the rows above it add up to."


def last_row_checks(contract: Contract) -> list[SourceCheck]:
    """One for a contract that has an amount to add up and declares no totals row."""
    has_question = contract.conserved is not None and contract.totals_row is None
    return [SourceCheck(NAME, SECTION, _SAID, _find)] if has_question else []


def _find(view: View) -> Finding:
    rows = view.connection.execute(
        """select file, rows_in_file, notes ->> %s from ops.loads
           where source = %s and status in ('loaded', 'replaced') and notes ? %s order by load_id""",
        [NOTE, view.contract.source, NOTE],
    ).fetchall()
    sample = tuple({"file": file, "row": row, str(view.contract.conserved): total} for file, row, total in rows)
    if not sample:
        return Finding(True, "No file ends with a row that looks like a total.", is_error=False)
    said = f"{sample[0]['file']}: row {sample[0]['row']} is exactly what the rows above it add up to"
    return Finding(False, f"{said}: declare totalsRow if it is a total.", is_error=False, sample=sample)
