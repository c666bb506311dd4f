"""Having a suite judge the rows that were made for its checks, all of them in one go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from echo_quality.contract import Contract, LogicalType
from echo_quality.expectations import TableSuite
from echo_quality.generate.batch_sql import batch_sql, bound
from echo_quality.generate.suite import suite_of
from echo_quality.mutations.case import Candidates, Cells
from echo_quality.mutations.made_rows import MadeRows, recordset
from echo_quality.mutations.of_loads import candidates_of_load, sound_row
from echo_quality.mutations.of_tables import candidates_of_table, sound_cells
from echo_quality.suites.tables import judged_table

FOLLOWS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("raw_marketing_data", "leads_in_range"): {
        "conversions_at_most_leads": "conversions are at least 0, so they exceed a negative number of leads",
    },
}
"""Checks that a row breaks of necessity along with the one that it was made for, and the reason."""

Red = dict[int, set[str]]
"""The checks that a row turns red, by the row's number."""


@dataclass(frozen=True)
class Mutated:
    """What came of breaking one check on purpose; `reason` says why it is not able to fail, None if it is."""

    suite: str
    asset: str
    check: str
    row: Cells = field(default_factory=dict, hash=False)
    reason: str | None = None


def mutate_load_suite(contract: Contract, url: str) -> tuple[Mutated, ...]:
    """Break each check of the suite that judges a load of this source."""
    texts = [column for column in contract.key if contract.column(column).logical_type is LogicalType.STRING]
    bench = _Bench(
        suite=suite_of(contract),
        asset=f"staging/{contract.source}",
        types=dict.fromkeys((*contract.names, "_unparsed"), "text"),
        sound=sound_row(contract),
        key=next(iter(texts), None),
        batch=lambda rows: bound(batch_sql(contract, rows), 0, "UTC"),
        url=url,
    )
    return bench.mutated(candidates_of_load(contract))


def mutate_table_suite(suite: TableSuite, types: Mapping[str, str], url: str) -> tuple[Mutated, ...]:
    """Break each check of a suite on a table that has columns of these types."""
    bench = _Bench(
        suite=suite.suite,
        asset=suite.asset,
        types=types,
        sound=sound_cells(suite, types),
        key=next((column for column in suite.shown if types[column] == "text"), None),
        batch=suite.batch_sql,
        url=url,
    )
    return bench.mutated(candidates_of_table(suite, types))


@dataclass(frozen=True)
class _Bench:
    """A suite, with what its rows are made of and the query that has it look at them."""

    suite: Mapping[str, Any]
    asset: str
    types: Mapping[str, str]
    sound: Cells
    key: str | None
    batch: Callable[[str], str]
    url: str

    def mutated(self, candidates: Sequence[Candidates]) -> tuple[Mutated, ...]:
        """What came of each check: all rows are one batch, rules about their number have batches of their own."""
        made = MadeRows(self.sound, self.key)
        breaking, keeping = {}, {}
        for each in candidates:
            breaking[each.check] = [made.add_twice()] if each.twice else list(map(made.add, each.breaking))
            keeping[each.check] = [made.add({})] if each.twice else list(map(made.add, each.keeping))
        red, errors = self._red(made.cells)
        found = []
        for each in candidates:
            reason, row = each.flaw() or errors.get(each.check), None
            if reason is None and each.by_count:
                reason = self._counted(each.check, *each.by_count)
            elif reason is None:
                reason, row = self._told(each.check, breaking[each.check], keeping[each.check], red)
            cells = {} if row is None else made.changed[row]
            found.append(Mutated(str(self.suite["name"]), self.asset, each.check, cells, reason))
        return tuple(found)

    def _red(self, rows: Sequence[Cells]) -> tuple[Red, dict[str, str]]:
        """The checks that each row turns red, and those that could not be evaluated, with the error."""
        judged = [each for each in self.suite["expectations"] if "column" in each["kwargs"]]
        suite = {**self.suite, "expectations": judged}
        red: Red = defaultdict(set)
        errors = {}
        for outcome in judged_table(suite, self.url, self.batch(recordset(self.types, rows)), sample_size=len(rows)):
            for row in outcome.sample:
                red[int(str(row["_row_number"]))].add(outcome.check)
            if outcome.error:
                errors[outcome.check] = outcome.error
        return red, errors

    def _told(
        self, check: str, breaking: Sequence[list[int]], keeping: Sequence[list[int]], red: Red
    ) -> tuple[str | None, int | None]:
        """Why the check is not able to fail, or the row that shows that it is."""
        wanted = {check, *FOLLOWS.get((str(self.suite["name"]), check), ())}
        if not any(_together(red, numbers) == set() for numbers in keeping):
            return "no row that has values leaves all checks green", None
        for numbers in breaking:
            if _together(red, numbers) == wanted:
                return None, numbers[-1]
        seen = {", ".join(sorted(_together(red, numbers))) or "nothing" for numbers in breaking}
        return f"no row turns it red and only it; rows made for it turned red: {' | '.join(sorted(seen))}", None

    def _counted(self, check: str, broken: int, kept: int) -> str | None:
        """Why a check on the number of rows is not able to fail: it must be red for one, and green for another."""
        for count, wanted in ((broken, {check}), (kept, set())):
            made = MadeRows(self.sound, self.key)
            for _ in range(count):
                made.add({})
            outcomes = judged_table(self.suite, self.url, self.batch(recordset(self.types, made.cells)), sample_size=0)
            red = {outcome.check for outcome in outcomes if not outcome.passed}
            if red != wanted:
                return f"over {count} rows, red were: {', '.join(sorted(red)) or 'none'}"
        return None


def _together(red: Red, numbers: Iterable[int]) -> set[str]:
    return {check for number in numbers for check in red.get(number, ())}
