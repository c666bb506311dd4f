"""Reading contracts: what is refused, and that the message names the offender."""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

from pathlib import Path

import pytest

from echo_quality.contract import ContractError, Dialect
from echo_quality.odcs import read_contract, read_contracts
from echo_quality.over_time import Drift, DriftSeverity, OverTime, SchemaMode

SALES = Path(__file__).parent / "data" / "sales.yaml"
CONTRACTS = Path(__file__).parents[2] / "echo_quality" / "contracts"

# name of the case: (text that is there, text that replaces it, parts of the message)
SPOILT = {
    "no YAML": ("status: active", "status: [active", ["not valid YAML"]),
    "a list": (None, "- a\n- b\n", ["no mapping"]),
    "nothing at all": (None, "", ["no mapping"]),
    "an unknown field": ("status: active", "status: active\ncolour: red", ["colour"]),
    "a misspelt field of a column": ("required: true\n        primaryKey", "requird: true\n        primaryKey", ["requird"]),
    "a comma in an unquoted text": ("{value: open}", "{value: open, not yet: done}", ["not yet"]),
    "a version that YAML takes for a number": ("version: 1.0.0", "version: 1.10", ["version"]),
    "a version of two numbers": ("version: 1.0.0", "version: '1.0'", ["version '1.0'", "in quotes"]),
    "nobody answers": ("role: owner", "role: reader", ["team", "owner"]),
    "another schema name": ("  - name: sales", "  - name: revenue", ["'sales'"]),
    "no key": ("        primaryKey: true\n", "", ["no primaryKey"]),
    "a key that may be missing": ("required: true\n        primaryKey", "primaryKey", ["'sale_id'", "required"]),
    "an unknown logical type": ("logicalType: number", "logicalType: float", ["'amount'", "'float'", "number"]),
    "an unknown property of the contract": ("property: suite", "property: sweet", ["sweet", "known"]),
    "an unknown property of a column": ("property: lowerCase", "property: lowercase", ["'status'", "lowercase"]),
    "an unknown option": ("{minimum: 0}", "{min: 0}", ["'amount'", "min", "minimum"]),
    "two lower bounds": ("{minimum: 0}", "{minimum: 0, exclusiveMinimum: 0}", ["'amount'", "exclusiveMinimum"]),
    "a bound that is no number": ("{minimum: 0}", "{minimum: low}", ["'amount'"]),
    "an alias that is a column": ("synonym: date", "synonym: amount", ["'amount'", "'sold_on'"]),
    "an alias that is spelt like a column": ("synonym: Sales Code", "synonym: Sale ID", ["Sale ID", "'sale_id'"]),
    "the same column twice": ("name: code", "name: status", ["'status'"]),
    "a column name in capitals": ("name: code", "name: Code", ["'Code'", "lower case"]),
    "a column name that is too long": ("name: code", f"name: {'c' * 41}", ["at most 40"]),
    "an event column that is not there": ("value: sold_on", "value: sold_at", ["'sold_at'", "it has"]),
    "an event column that is no date": ("value: sold_on", "value: amount", ["'amount'", "date"]),
    "a conserved column that is no number": ("value: amount}", "value: code}", ["'code'", "number"]),
    "a conserved column that is not there": ("value: amount}", "value: money}", ["'money'"]),
    "a share above one": ("value: 0.05", "value: 5", ["maxRejectedShare", "5"]),
    "a share that is no number": ("value: 0.05", "value: few", ["maxRejectedShare", "few"]),
    "an unknown time zone": ("value: UTC", "value: Mars/Olympus", ["Mars/Olympus"]),
    "an unknown frequency unit": ("unit: h", "unit: w", ["frequency", "'w'"]),
    "derived from what is not there": ("[sold_on, amount]", "[sold_on, price]", ["'sale_id'", "'price'"]),
    "a date format with names": ("%m/%d/%Y", "%d %b %Y", ["'sold_on'", "%b"]),
    "a date format with an odd separator": ("%m/%d/%Y", "%m^%d^%Y", ["'sold_on'", "'^'"]),
    "a date format with a part twice": ("%m/%d/%Y", "%m/%m/%d/%Y", ["'sold_on'", "twice"]),
    "a date format without a year": ("%m/%d/%Y", "%m/%d", ["'sold_on'", "%Y"]),
    "a scale that is no number": ("property: scale, value: 2", "property: scale, value: two", ["'amount'", "two"]),
    "a scale beyond the precision": ("property: scale, value: 2", "property: scale, value: 40", ["'amount'", "40"]),
    "accepted values nobody can reach": ("{value: open}", "{value: Open}", ["'status'", "Open"]),
    "a pattern with a class": ("^[A-Z]{3}$", "^[[:alpha:]]{3}$", ["'code'", "[:"]),
    "a pattern that is none": ("^[A-Z]{3}$", "^([A-Z]{3}$", ["'code'", "regular expression"]),
    "a rule without a column": ("amount <> 100", "1 <> 100", ["amount_not_round"]),
    "a rule over what is not there": ("amount <> 100", "amount <> price", ["amount_not_round", "price"]),
    "a rule without an expression": ("implementation: amount <> 100", "unit: rows", ["amount_not_round", "implementation"]),
    "a rule named like another": ("name: amount_not_round", "name: amount_valid", ["amount_valid"]),
    "an unknown severity": ("severity: warning", "severity: fatal", ["amount_not_round", "fatal"]),
    "a rule on a column": ("        required: true\n        logicalTypeOptions", "        quality: [{name: x}]\n        logicalTypeOptions", ["'amount'", "quality"]),
    "an unknown encoding": ("property: timezone, value: UTC", "property: encoding, value: klingon", ["klingon"]),
    "a delimiter of two characters": ("property: timezone, value: UTC", "property: delimiter, value: ', '", ["delimiter"]),
    "a header row before the first": ("property: timezone, value: UTC", "property: headerRow, value: 0", ["headerRow", "0"]),
    "a header row that is no number": ("property: timezone, value: UTC", "property: headerRow, value: four", ["headerRow", "four"]),
    "header rows without end": ("property: timezone, value: UTC", "property: headerRows, value: 11", ["headerRows", "1 to 10"]),
    "a sheet before the first": ("property: timezone, value: UTC", "property: sheet, value: 0", ["sheet", "position from 1"]),
    "computed from what is not there": ("{property: scale, value: 2}", "{property: computedAs, value: price * 2}", ["'amount'", "price"]),
    "computed by a division": ("{property: scale, value: 2}", "{property: computedAs, value: amount / 2}", ["divides"]),
    "an age of events that is about another column": ("  - {property: frequency, value: 24, unit: h, element: sales.sold_on}", "  - {property: latency, value: 24, unit: h, element: sales.amount}", ["latency", "sales.amount", "sales.sold_on"]),
    "a misspelt service level": ("{property: frequency", "{property: frequenzy", ["slaProperties", "frequenzy", "latency"]),
    "an age of events in weeks": ("{property: frequency, value: 24, unit: h, element: sales.sold_on}", "{property: latency, value: 2, unit: w}", ["latency", "'w'"]),
    "an age of events that is none": ("{property: frequency, value: 24, unit: h, element: sales.sold_on}", "{property: latency, value: soon, unit: h}", ["latency", "soon"]),
    "an unknown schema mode": ("property: timezone, value: UTC", "property: schemaMode, value: strict", ["schemaMode", "strict", "evolve, freeze, discard"]),
    "a drift window of one": ("property: timezone, value: UTC", "property: driftWindow, value: 1", ["driftWindow", "3 to 1000"]),
    "a drift window below the least history": ("property: timezone, value: UTC", "property: driftWindow, value: 5", ["driftMinimum 8", "driftWindow 5"]),
    "a drift threshold of nothing": ("property: timezone, value: UTC", "property: driftThreshold, value: 0", ["driftThreshold", "above 0"]),
    "an unknown drift severity": ("property: timezone, value: UTC", "property: driftSeverity, value: fatal", ["driftSeverity", "fatal"]),
}  # fmt: skip


def read(text: str, folder: Path) -> object:
    path = folder / "sales.yaml"
    path.write_text(text, encoding="utf-8")
    return read_contract(path)


@pytest.mark.parametrize("case", SPOILT)
def test_a_spoilt_contract_is_refused_by_name(case, tmp_path):
    there, instead, parts = SPOILT[case]
    text = SALES.read_text(encoding="utf-8")
    assert there is None or there in text, "the case spoils nothing"
    with pytest.raises(ContractError) as refused:
        read(instead if there is None else text.replace(there, instead, 1), tmp_path)
    assert "sales.yaml" in str(refused.value)
    assert [part for part in parts if part not in str(refused.value)] == [], str(refused.value)


def test_the_unspoilt_contract_is_read(tmp_path):
    contract = read(SALES.read_text(encoding="utf-8"), tmp_path)
    assert (contract.source, contract.version, contract.owner) == ("sales", "1.0.0", "analytics_team")
    assert (contract.key, contract.event_column, contract.freshness_hours) == (("sale_id",), "sold_on", 24.0)
    assert contract.column("sale_id").derived_from == ("sold_on", "amount")
    assert (contract.column("amount").minimum, contract.column("amount").scale) == ("0", 2)


def test_what_is_said_about_files_is_read(tmp_path):
    text = SALES.read_text(encoding="utf-8")
    said = [("encoding", "cp1250"), ("delimiter", "'|'"), ("sheet", 2), ("headerRow", 4), ("headerRows", 2)]
    lines = "".join(f"  - {{property: {name}, value: {value}}}\n" for name, value in said)
    contract = read(text.replace("customProperties:\n", f"customProperties:\n{lines}", 1), tmp_path)
    assert contract.dialect == Dialect("cp1250", "|", 2, 4, 2)


def test_what_is_said_about_loads_over_time_is_read(tmp_path):
    text = SALES.read_text(encoding="utf-8")
    assert read(text, tmp_path).over_time == OverTime()
    said = [("schemaMode", "freeze"), ("driftWindow", 60), ("driftMinimum", 12), ("driftThreshold", 4.5)]
    said.append(("driftSeverity", "blocking"))
    lines = "".join(f"  - {{property: {name}, value: {value}}}\n" for name, value in said)
    latency = "slaProperties:\n  - {property: latency, value: 2, unit: d, element: sales.sold_on}\n"
    text = text.replace("slaProperties:\n", latency).replace("customProperties:\n", f"customProperties:\n{lines}", 1)
    drift = Drift(window=60, threshold=4.5, minimum=12, severity=DriftSeverity.BLOCKING)
    assert read(text, tmp_path).over_time == OverTime(SchemaMode.FREEZE, drift, event_hours=48.0)


@pytest.mark.parametrize(
    ("options", "bounds"),
    [
        ("{minimum: 0.0000001}", ("0.0000001", None)),
        ("{exclusiveMinimum: 0}", (">0", None)),
        ("{maximum: 100, minimum: -100}", ("-100", "100")),
        ("{exclusiveMaximum: 1.50}", (None, "<1.5")),
    ],
)
def test_bounds_are_read_to_the_last_digit(options, bounds, tmp_path):
    contract = read(SALES.read_text(encoding="utf-8").replace("{minimum: 0}", options), tmp_path)
    assert (contract.column("amount").minimum, contract.column("amount").maximum) == bounds


def test_a_folder_without_contracts_is_refused(tmp_path):
    with pytest.raises(ContractError, match="no contract in"):
        read_contracts(tmp_path)


def test_each_source_has_a_contract_that_is_answered_for():
    contracts = read_contracts(CONTRACTS)
    assert {contract.owner for contract in contracts.values()} == {"analytics_team"}
    assert set(contracts) == {
        "revenue", "marketing", "customers", "products", "subscriptions", "experiments", "experiment_assignments",
        "funnel_events",
    }  # fmt: skip
    assert contracts["revenue"].column("status").counted == ("paid", "completed")
