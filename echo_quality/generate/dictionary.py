"""The sources' part of the data dictionary: every source, column and rule in words."""

from __future__ import annotations

from collections.abc import Iterable

from echo_quality.contract import Column, Contract
from echo_quality.readings import Reading, in_words
from echo_quality.rules import rules_of


def dictionary_md(contracts: Iterable[Contract]) -> str:
    """One section a source."""
    return "\n".join(_section(contract) for contract in contracts)


def _section(contract: Contract) -> str:
    facts = [
        f"Grain: {contract.grain}",
        f"Owner: {contract.owner}. Contract version {contract.version}. Key: {', '.join(contract.key)}.",
        f"A row belongs to the business day of `{contract.event_column}`."
        f" A load is refused when more than {contract.max_rejected_share:.0%} of its rows are rejected.",
    ]
    if totals := contract.totals_row:
        facts.append(
            f"A row whose `{totals.column}` says `{totals.pattern}` is the total of `{totals.sums}`, and no data."
        )
    columns = ["| column | type | required | also read as | meaning |", "|---|---|---|---|---|"]
    columns += [_column(column) for column in contract.columns]
    rules = ["| check | a violation | what must hold |", "|---|---|---|"]
    rules += [
        f"| `{rule.name}` | {'quarantines the row' if rule.rejects else 'is reported'} | {_cell(rule.description)} |"
        for rule in rules_of(contract)
    ]
    parts = [f"## {contract.source}", contract.description, "\n".join(facts), "\n".join(columns), "\n".join(rules)]
    return "\n\n".join(parts) + "\n"


def _column(column: Column) -> str:
    kind = f"number({column.precision},{column.scale})" if column.logical_type == "number" else column.logical_type
    personal = " Personal data." if column.personal else " Identifies a person." if column.identifies else ""
    read = f" {_cell(in_words(column.reading))}" if column.reading != Reading() else ""
    aliases = ", ".join(f"`{alias}`" for alias in column.aliases)
    required = "yes" if column.must_be_present else ("filled in" if column.required else "no")
    return f"| `{column.name}` | {kind} | {required} | {aliases} | {_cell(column.description)}{personal}{read} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
