"""Law 1 on random files and random histories: nothing vanishes, whatever arrives and in whatever order."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from loading.brute_force import BruteForce
from loading.hostile_cells import SOURCES, Source
from loading.hostile_drawings import changed_files, files, source_names
from loading.suite_counts import QuicklyAudited
from loading.warehouse import OPEN_REFUSAL, Warehouse
from searches import searching

PROFILE = settings(
    deadline=None,
    print_blob=True,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
DERIVED_ID = re.compile(r"\d{8}-[0-9a-f]{20}-\d+")
NAMES, SHARES = ("a.csv", "b.csv", "c.csv"), (1.0, 1.0, 1.0, 0.3, 0.0)


def quick(warehouse: Warehouse) -> Warehouse:
    """An emptied copy of the warehouse that audits quickly."""
    warehouse.connection.execute("set time zone 'UTC'")
    warehouse.empty()
    return QuicklyAudited(warehouse.url, warehouse.folder, warehouse.contracts, warehouse.connection)


def staged(warehouse: Warehouse, source: Source) -> Counter[tuple[str | None, ...]]:
    """The published rows as text; an id that was derived is None."""
    columns = ", ".join(f"{name}::text" for name in source_names(source))
    rows = warehouse.rows(f"select {columns} from staging.{source.name}")
    is_derived = [bool(source.derived_from) and bool(DERIVED_ID.fullmatch(row[0])) for row in rows]
    return Counter((None, *row[1:]) if derived else row for row, derived in zip(rows, is_derived, strict=True))


def rejected(warehouse: Warehouse, source: Source) -> list[tuple[int, int, frozenset[str]]]:
    """Load, row number and broken rules of all rows in quarantine; loads are numbered from 1."""
    first = warehouse.value("select coalesce(min(load_id), 0) from ops.loads")
    rows = warehouse.rows(f"select _row_id >> 32, _row_number, reasons from quarantine.{source.name} order by _row_id")
    return [(load - first + 1, row, frozenset(each["rule"] for each in reasons)) for load, row, reasons in rows]


def differing_texts(warehouse: Warehouse, source: Source) -> list[tuple[str | None, str | None]]:
    """Where PostgreSQL has landed another text than DuckDB has typed."""
    column = source.told_apart_by[1]
    return warehouse.rows(
        f"""select text.{column}, typed.{column} from staging.{source.name} as typed
            join raw.{source.name} as text using (_row_id) where btrim(text.{column}) <> typed.{column}"""
    )


def days(warehouse: Warehouse, source: Source) -> dict[str, int]:
    """A hash of each published business day."""
    contract = warehouse.contracts[source.name]
    names = ", ".join(contract.names)
    return dict(
        warehouse.rows(
            f"""select {contract.event_column}::date::text, sum(hashtext(row({names})::text))
                from staging.{source.name} group by 1"""
        )
    )


def check_step(warehouse, source, model, name, drawn, share):
    """One load, in the warehouse and in the model; both must agree on everything afterwards."""
    before, loads = days(warehouse, source), warehouse.value("select count(*) from ops.loads")
    expected = model.load(name, drawn, share)
    load = warehouse.load(source.name, name, drawn.content, share)
    counts = (load.status, load.rows_in_file, load.staged, load.withheld, load.quarantined, load.duplicates)
    assert counts == expected.counts, load.reason
    assert load.reason is None or "disagree" not in load.reason
    assert set(warehouse.broken_invariants(source.name)) == ({OPEN_REFUSAL} if model.refused else set())
    assert staged(warehouse, source) == Counter(model.current().values()) == Counter(model.latest().values())
    assert rejected(warehouse, source) == model.rejected()
    assert differing_texts(warehouse, source) == []
    marked = {str(day) for (day,) in warehouse.rows(f"select day from ops.dirty_days where mark = {load.load_id}")}
    after = days(warehouse, source)
    assert {day for day in before | after if before.get(day) != after.get(day)} <= marked
    if expected.number <= loads:
        assert before == after and warehouse.value("select count(*) from ops.loads") == loads


@st.composite
def histories(draw, source):
    """Up to five loads: new files, changed versions of files, the same bytes again and under other names."""
    seen = []
    for _ in range(draw(st.integers(2, 5))):
        kind = draw(st.sampled_from(["changed", "changed", "changed", "new", "again"] if seen else ["new"]))
        before = draw(st.sampled_from(seen))[1] if seen else None
        drawn = draw(files(source)) if kind == "new" else before
        drawn = draw(changed_files(source, drawn)) if kind == "changed" else drawn
        seen.append((draw(st.sampled_from(NAMES)), drawn, draw(st.sampled_from(SHARES))))
    return seen


@pytest.mark.law(1)
@searching(short=6, long=60)
def test_nothing_vanishes_in_any_history_of_loads(warehouse, tries):
    @settings(PROFILE, max_examples=tries)
    @given(data=st.data(), name_of_source=st.sampled_from(list(SOURCES)))
    def search(name_of_source, data):
        source = SOURCES[name_of_source]
        quickly, model = quick(warehouse), BruteForce(source)
        for name, drawn, share in data.draw(histories(source), label="history"):
            check_step(quickly, source, model, name, drawn, share)

    search()


@pytest.mark.law(6)
@searching(short=2, long=10)
def test_files_without_common_keys_give_the_same_tables_in_any_order(warehouse, tries):
    @settings(PROFILE, max_examples=tries)
    @given(name_of_source=st.sampled_from(list(SOURCES)), data=st.data())
    def search(name_of_source, data):
        source = SOURCES[name_of_source]
        drawn = [(name, data.draw(files(source, tag=f"{name[0]}-"), label=name)) for name in NAMES]
        found = set()
        for order in (drawn, drawn[::-1]):
            quickly = quick(warehouse)
            loads = [quickly.load(source.name, name, each.content, share=1.0) for name, each in order]
            assert {load.status for load in loads} == {"loaded"}
            reasons = sorted((row, sorted(rules)) for _, row, rules in rejected(quickly, source))
            found.add((quickly.content(source.name), str(reasons)))
        assert len(found) == 1

    search()


@settings(PROFILE, max_examples=8)
@given(name_of_source=st.sampled_from(list(SOURCES)), data=st.data())
def test_the_suite_counts_what_plain_sql_counts(warehouse, name_of_source, data):
    source = SOURCES[name_of_source]
    quickly, drawn = quick(warehouse), data.draw(files(source, most_rows=12), label="file")
    landed = quickly.land(quickly.drop(source.name, "a.csv", drawn.content), quickly.engine())
    if landed.status != "landed":
        return
    contract = warehouse.contracts[source.name]
    real = warehouse.audit(landed, contract)
    counted = quickly.audit(landed, contract)
    assert [outcome.error for outcome in real.outcomes if outcome.error] == []
    counts = {outcome.check: outcome.unexpected_count for outcome in real.outcomes}
    assert {outcome.check: counts[outcome.check] for outcome in counted.outcomes} == {
        outcome.check: outcome.unexpected_count for outcome in counted.outcomes
    }
    assert real.money_in_file == counted.money_in_file
