"""Every hostile input ends as it is declared to; none raises, none loses a row, and what it meets is said.

Those of `hostile_readings.py` have a contract of their own each, and are loaded by `test_readings.py`.
"""

from __future__ import annotations

import pytest
from loading import hostile_books, hostile_files, hostile_formats, hostile_readings, hostile_texts
from loading.corpus import Case, outcome_of
from loading.suite_counts import QuicklyAudited
from loading.warehouse import OPEN_REFUSAL
from searches import every

MODULES = (hostile_files, hostile_texts, hostile_books, hostile_formats)
CORPUS: dict[str, Case] = {
    f"{module.__name__.rpartition('hostile_')[2]}: {name}": case
    for module in MODULES
    for name, case in module.CASES.items()
}
AT_LEAST = 120


@pytest.fixture
def quickly(warehouse):
    return QuicklyAudited(warehouse.url, warehouse.folder, dict(warehouse.contracts), warehouse.connection)


def said(warehouse, load) -> str:
    """The reason of a refused file, or all that is said of the quarantined rows."""
    rows = warehouse.rows("select reasons::text from quarantine.revenue order by _row_id")
    return load.reason or " ".join(reasons for (reasons,) in rows)


@pytest.mark.parametrize("name", every(10, CORPUS))
def test_a_hostile_input_ends_as_declared(quickly, name):
    case = CORPUS[name]
    quickly.contracts["revenue"], quickly.limits = case.contract(quickly.contracts["revenue"]), case.limits
    content = case.bytes
    load = quickly.load("revenue", case.file, content, share=1.0)
    rows = (load.rows_in_file, load.staged, load.quarantined, load.duplicates)
    found = (outcome_of(load.status, load.quarantined, load.notes), rows)
    assert found == (case.outcome, case.rows), said(quickly, load)
    assert case.says in said(quickly, load)
    assert load.status != "refused" or load.reason
    customers = [name for (name,) in quickly.rows("select customer_id from staging.revenue order by _row_id")]
    assert len(customers) == case.rows[1]
    assert case.customers is None or tuple(customers) == case.customers
    assert set(quickly.broken_invariants("revenue")) <= {OPEN_REFUSAL}
    kept = quickly.folder / "lake" / "raw" / load.sha256[:2] / load.sha256
    assert kept.read_bytes() == content


def test_the_corpus_is_large_enough_and_has_every_outcome():
    outcomes = [case.outcome for case in CORPUS.values()]
    assert len(CORPUS) >= AT_LEAST
    assert len(CORPUS) + len(hostile_readings.CASES) >= 2 * AT_LEAST
    assert {outcome for outcome in outcomes if outcomes.count(outcome) > 10} == {
        "loaded", "normalised", "quarantined", "refused",
    }  # fmt: skip


def test_no_two_inputs_are_the_same():
    """A case that was copied and forgotten would count twice."""
    seen = [repr((case.file, case.bytes, case.dialect, case.limits, case.changed)) for case in CORPUS.values()]
    assert len(set(seen)) == len(seen)
