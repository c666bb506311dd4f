"""Small files to propose contracts for, and what to ask of a proposal. The fixture is in conftest.py."""

from __future__ import annotations


def table(header, *rows):
    return "\n".join([header, *rows, ""])


def days(cells, header="order_id,day,value"):
    """Rows with an id, a day that is never missing, and a cell of interest."""
    return table(header, *(f"o{at},2024-01-{at + 1:02},{cell}" for at, cell in enumerate(cells)))


def kinds(proposal, column=None):
    return {risk.kind for risk in proposal.findings.risks if column in (None, risk.column)}
