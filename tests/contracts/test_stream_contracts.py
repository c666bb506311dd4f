"""Contracts of event streams: read whole, refused by name, and in step with the contracts of the same data in files."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from echo_quality.contract import ContractError
from echo_quality.generate.dictionary import dictionary_md
from echo_quality.odcs import read_contracts
from echo_quality.streams.dictionary import streams_md
from echo_quality.streams.json_schema import FOLDER, event_schemas
from echo_quality.streams.reading import read_stream, read_streams

ROOT = Path(__file__).parents[2]
CONTRACTS = ROOT / "echo_quality" / "contracts"
STREAM = read_streams(CONTRACTS)["user_events"]
FILES_OF = {"transaction": "revenue", "signup": "customers", "experiment_exposure": "experiment_assignments"}


def changed(tmp_path: Path, change) -> Path:
    written = yaml.safe_load((CONTRACTS / "user_events.yaml").read_text(encoding="utf-8"))
    change(written)
    path = tmp_path / "user_events.yaml"
    path.write_text(yaml.safe_dump(written), encoding="utf-8")
    return path


def test_a_stream_is_no_source_of_files(tmp_path):
    assert "user_events" not in read_contracts(CONTRACTS)
    assert set(read_streams(CONTRACTS)) == {"user_events"}
    path = tmp_path / "broken.yaml"
    path.write_text("servers: [{type: kafka", encoding="utf-8")
    with pytest.raises(ContractError, match="not valid YAML"):
        read_contracts(tmp_path)


@pytest.mark.parametrize(("kind", "source"), FILES_OF.items())
def test_what_comes_as_an_event_and_as_a_file_is_declared_alike(contracts, kind, source):
    [event] = [each for each in STREAM.types if each.kind == kind]
    for field in event.fields:
        column = contracts[source].column(field.name)
        same = ("logical_type", "scale", "accepted", "counted", "default", "personal", "identifies")
        differing = [name for name in same if getattr(field, name) != getattr(column, name)]
        assert not differing, f"{kind}.{field.name} and {source}.{field.name} differ in {differing}"
    moments = {"transaction_date", "updated_at", "created_at", "assigned_at"}
    missing = {column.name for column in contracts[source].columns if column.must_be_present} - moments
    assert missing <= {field.name for field in event.fields}


def test_a_bound_of_an_amount_is_that_of_the_file(contracts):
    [amount] = [field for each in STREAM.types for field in each.fields if field.name == "amount"]
    column = contracts["revenue"].column("amount")
    assert (amount.minimum, amount.maximum) == (column.minimum, column.maximum)


def test_the_schemas_folder_holds_one_file_for_each_kind_and_nothing_else():
    there = {path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).iterdir()}
    assert there == set(event_schemas([STREAM])) == {f"{FOLDER}/{kind}.v1.json" for kind in FILES_OF}


def test_every_field_and_rule_of_a_stream_is_in_the_dictionary(contracts):
    page = streams_md([STREAM])
    columns = [*STREAM.attributes, *(field for each in STREAM.types for field in each.fields)]
    names = [*(column.name for column in columns), *(rule.name for each in STREAM.types for rule in each.rules)]
    assert [name for name in names if f"`{name}`" not in page] == []
    assert "Mail address. Personal data." in page
    assert page not in dictionary_md(contracts.values())


def _no_time(written):
    written["schema"][0]["properties"] = [each for each in written["schema"][0]["properties"] if each["name"] != "time"]


def _no_bound(written):
    del written["schema"][1]["properties"][1]["logicalTypeOptions"]


def _no_pattern(written):
    del written["schema"][1]["properties"][0]["logicalTypeOptions"]


def _other_engine(written):
    written["schema"][1]["quality"][0]["engine"] = "echo"


def _misspelt(written):
    written["schema"][1]["propertys"] = []


def _only_attributes(written):
    written["schema"] = written["schema"][:1]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_no_time, "must have time as required properties"),
        (_no_bound, "'amount' needs a minimum and a maximum"),
        (_no_pattern, "'transaction_id' needs enum, or maxLength and pattern"),
        (_other_engine, "'amount_positive' needs a name, engine jsonSchema"),
        (_misspelt, "propertys"),
        (_only_attributes, "an object for each kind"),
    ],
)
def test_what_is_missing_is_named(tmp_path, change, told):
    with pytest.raises(ContractError, match=told):
        read_stream(changed(tmp_path, change))
