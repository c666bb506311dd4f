"""The audit of one landed load, between landing and publishing: the suite's verdicts, and what they mean for the load.

The suite counts broken rules in PostgreSQL, typing counts them in DuckDB; a load whose two counts differ is refused,
because then nobody knows which rows are good.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg import Connection

from echo_quality.contract import Contract
from echo_quality.generate.batch_sql import batch_sql, bound, conserved_sum
from echo_quality.generate.sql_text import name
from echo_quality.generate.suite import masked_columns, suite_of
from echo_quality.loading.loads import Load
from echo_quality.loading.tally import Tally
from echo_quality.rules import TOTALS_ROW_AGREES
from echo_quality.suites import CheckOutcome, run_checkpoint


@dataclass(frozen=True)
class Audit:
    """What was found about the landed rows of one load before any of them is published."""

    load: Load
    outcomes: tuple[CheckOutcome, ...]
    money_in_file: Decimal | None

    def refusal(self, tally: Tally) -> str | None:
        """Why the load must not be published, given what typing made of it; None if it may be."""
        return (
            self._unevaluated()
            or self._disagreement(tally)
            or _total_differs(tally)
            or _too_many_rejected(self.load, tally)
        )

    def _unevaluated(self) -> str | None:
        errors = [f"{outcome.check}: {outcome.error}" for outcome in self.outcomes if outcome.error]
        return f"checks could not be evaluated: {'; '.join(errors)}" if errors else None

    def _disagreement(self, tally: Tally) -> str | None:
        """Where the two engines differ: rows, broken rules, money."""
        counts = tally.violations
        differences = [
            f"{outcome.check}: the suite counts {outcome.unexpected_count}, typing {counts[outcome.check]}"
            for outcome in self.outcomes
            if outcome.check in counts and outcome.unexpected_count != counts[outcome.check]
        ]
        if self.load.rows_in_file != tally.rows:
            differences.append(f"rows: {self.load.rows_in_file} landed, {tally.rows} typed")
        if self.money_in_file is not None and self.money_in_file != tally.money:
            differences.append(f"money: {self.money_in_file} landed, {tally.money} typed")
        return f"suite and typing disagree: {'; '.join(differences)}" if differences else None


def quarantine_differs(connection: Connection[Any], contract: Contract, load: Load, audit: Audit) -> list[str]:
    """Rules for which the quarantine of a load holds another number of rows than the suite counted."""
    rows = connection.execute(
        f"""select reason ->> 'rule', count(*) from quarantine.{name(contract.source)},
            jsonb_array_elements(reasons) as reason where _row_id >> 32 = {load.load_id} group by 1""".encode()
    ).fetchall()
    there = dict(rows)
    return [
        f"{load.file}: {outcome.check}: {outcome.unexpected_count} counted, {there.get(outcome.check, 0)} in quarantine"
        for outcome in audit.outcomes
        if outcome.severity == "critical" and (outcome.unexpected_count or 0) != there.get(outcome.check, 0)
    ]


def audit(connection: Connection[Any], contract: Contract, load: Load, url: str, business_timezone: str) -> Audit:
    """Run the contract's suite over the landed rows; it connects with `url` and makes temporary tables only."""
    query = bound(batch_sql(contract), load.load_id, business_timezone)
    outcomes = run_checkpoint(suite_of(contract), url, query, masked=masked_columns(contract))
    money = None
    if contract.conserved:
        total = bound(conserved_sum(contract), load.load_id, business_timezone)
        row = connection.execute(total.encode()).fetchone()
        money = row[0] if row else None
        connection.execute("update ops.loads set money_in_file = %s where load_id = %s", [money, load.load_id])
    return Audit(load, outcomes, money)


def _total_differs(tally: Tally) -> str | None:
    totals = tally.contract.totals_row
    if totals is None or not totals.refuses or not tally.violations[TOTALS_ROW_AGREES]:
        return None
    return f"a totals row says something else than the rows above it add up to in {totals.sums}: is the file complete?"


def _too_many_rejected(load: Load, tally: Tally) -> str | None:
    if tally.rejected_share <= load.max_rejected_share:
        return None
    return (
        f"{tally.bad} of {tally.rows} rows are rejected ({tally.rejected_share:.1%}), "
        f"more than the {load.max_rejected_share:.1%} that is allowed: mend the file, or raise maxRejectedShare"
    )
