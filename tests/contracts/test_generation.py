"""What is generated from a contract is complete, and the committed copies are what the contracts say now."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from echo_quality.generate import artefacts, drift, write
from echo_quality.generate.date_formats import as_iso, pattern_of
from echo_quality.generate.dictionary import dictionary_md
from echo_quality.generate.suite import HAS_ROWS, suite_of
from echo_quality.generate.typing_sql import typing_sql
from echo_quality.odcs import read_contract, read_contracts
from echo_quality.rules import Kind, rules_of
from echo_quality.streams.reading import read_streams

ROOT = Path(__file__).parents[2]
SOURCES = sorted(read_contracts(ROOT / "echo_quality" / "contracts"))


@pytest.mark.parametrize("source", SOURCES)
def test_every_rule_is_an_expectation_with_its_severity(contracts, source):
    expectations = suite_of(contracts[source])["expectations"]
    declared = {each["meta"]["check"]: each["severity"] for each in expectations}
    rules = {rule.name: "critical" if rule.rejects else "warning" for rule in rules_of(contracts[source])}
    assert declared == {HAS_ROWS: "warning", **rules}
    assert all(each["meta"]["description"] and each["meta"]["runbook"] for each in expectations)


@pytest.mark.parametrize("source", SOURCES)
def test_every_rule_is_judged_by_the_typing_sql(contracts, source):
    statement = typing_sql(contracts[source])
    broken, warned = statement.split(" as _violations")[0], statement.split(" as _violations")[1]
    missing = [
        rule.name
        for number, rule in enumerate(rules_of(contracts[source]))
        if f"then '{number}' end" not in (broken if rule.rejects else warned)
    ]
    assert not missing, f"the typing SQL of {source} does not judge {missing}"


@pytest.mark.parametrize("source", SOURCES)
def test_every_rule_and_column_is_in_the_dictionary(contracts, source):
    page = dictionary_md([contracts[source]])
    named = [rule.name for rule in rules_of(contracts[source])] + list(contracts[source].names)
    assert [name for name in named if f"`{name}`" not in page] == []


def test_the_contracts_use_every_kind_of_rule(contracts):
    """Else the tests that walk over the rules of the contracts would leave a kind untried; readings have their own."""
    used = {rule.kind for contract in contracts.values() for rule in rules_of(contract)}
    of_readings = {rule.kind for rule in rules_of(read_contract(ROOT / "tests/contracts/data/till_book.yaml"))}
    assert used | of_readings == set(Kind)
    assert set(Kind) - used == {Kind.TOTALS_ROW, Kind.CURRENCY}


def test_the_committed_copies_are_what_the_contracts_say(contracts):
    stale = drift(contracts, ROOT, read_streams(ROOT / "echo_quality" / "contracts").values())
    assert not stale, f"run `echoctl contract generate` and commit: {stale}"


def test_nothing_is_committed_that_no_contract_generates(contracts):
    generated = ROOT / "echo_quality" / "generated"
    there = {path.relative_to(ROOT).as_posix() for path in generated.rglob("*") if path.is_file()}
    assert there - set(artefacts(contracts)) == set()


def test_drift_names_what_is_missing_or_edited_and_writing_mends_it(contracts, tmp_path):
    assert drift(contracts, tmp_path) == list(artefacts(contracts))
    write(contracts, tmp_path)
    edited, missing = "echo_dbt/models/staging/sources.yml", "echo_quality/generated/revenue"
    (tmp_path / edited).write_text("edited", encoding="utf-8")
    shutil.rmtree(tmp_path / missing)
    stale = drift(contracts, tmp_path)
    assert edited in stale
    assert {path.rsplit("/", 1)[0] for path in stale if path != edited} == {missing}
    assert write(contracts, tmp_path) == stale
    assert write(contracts, tmp_path) == []


@pytest.mark.parametrize(
    ("written", "text", "iso"),
    [
        ("%m/%d/%Y %H:%M", "1/2/2024 8:26", "2024-1-2 8:26:00"),
        ("%d.%m.%Y", "02.01.2024", "2024-01-02"),
        ("%Y%m%d", "20240102", "2024-01-02"),
        ("%Y%m%dT%H%M%S", "20240102T082630", "2024-01-02 08:26:30"),
        ("%d.%m.%Y, %H.%M.%S", "2.1.2024, 8.26.30", "2024-1-2 8:26:30"),
    ],
)
def test_a_date_format_is_rewritten_as_iso(connection, written, text, iso):
    query = (
        f"select text ~ '^{pattern_of(written)}$', {as_iso(written, 'text')} from (select %s::text as text) as given"
    )
    assert connection.execute(query, [text]).fetchone() == (True, iso)
