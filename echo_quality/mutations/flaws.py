"""Expectations that are worth nothing: that no row can break, or that none can keep. Found without a database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from echo_quality.contract import Contract, ContractError
from echo_quality.expectations import TableSuite
from echo_quality.mutations.case import Candidates
from echo_quality.mutations.of_loads import candidates_of_load, sound_row
from echo_quality.mutations.of_tables import candidates_of_table
from echo_quality.rules import Kind, rules_of
from echo_quality.suites.declarations import SuiteError

_WITH_OTHERS = (Kind.TOTALS_ROW, Kind.CURRENCY)
"""Whether one row can break them depends on the others, or on marks that the contract need not declare."""


def flaws_of_contract(contract: Contract) -> list[str]:
    """What is wrong with rules of a contract, as sentences that name the rule and the fix."""
    exempt, where = (
        {rule.name for rule in rules_of(contract) if rule.kind in _WITH_OTHERS},
        f"contract {contract.source!r}",
    )
    try:
        candidates = [each for each in candidates_of_load(contract) if each.check not in exempt]
        found = list(_sentences(where, candidates))
        if not found:
            sound_row(contract)
    except (ContractError, SuiteError) as error:
        return [f"{where}: {error}"]
    return found


def flaws_of_table(suite: TableSuite, types: Mapping[str, str]) -> list[str]:
    """The same for a suite on a table that has columns of these types."""
    if missing := sorted(set(suite.shown) - types.keys()):
        return [f"suite {suite.name!r}: {suite.asset} has no column {', '.join(missing)}: name those that it has"]
    try:
        return list(_sentences(f"suite {suite.name!r}", candidates_of_table(suite, types)))
    except SuiteError as error:
        return [f"suite {suite.name!r}: {error}"]


def _sentences(where: str, candidates: list[Candidates] | tuple[Candidates, ...]) -> Iterator[str]:
    for each in candidates:
        if flaw := each.flaw():
            yield f"{where}: {each.check}: {flaw}"
