"""`echoctl quarantine` and `replay`: rows are listed, shown, exported, waived, and read by a mended contract."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Collection
from pathlib import Path

import pytest
from echoctl import Echoctl, Outcome

from echo_assets.settings import PROJECT

pytestmark = [pytest.mark.usefixtures("part_of_the_graph"), pytest.mark.slow]

SALES = "transaction_id,date,amount,customer_id,status,product\n"
GOOD = "t1,2024-01-30,100.00,c1,paid,Basic\nt2,2024-03-31,50.00,c2,completed,Pro\n"
DOTTED = "t3,02.02.2024,10.00,c1,paid,Basic\n"
FORMULA = "t4,2024-01-30,ten,c3,paid,=cmd|' /C calc'!A0\n"
PERSON = "x1@secret.example"
CUSTOMERS = f"customer_id,updated_at,created_at,email,name\nc1,2024-01-01,never,{PERSON},Xaver Unique\n"


@pytest.fixture(scope="module")
def models() -> Collection[str]:
    return ("core/fact_transactions",)


@pytest.fixture(scope="module")
def contracts(fresh: Echoctl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's contracts, to be changed."""
    folder = tmp_path_factory.mktemp("contracts")
    shutil.copytree(PROJECT / "echo_quality" / "contracts", folder, dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="module")
def loaded(fresh: Echoctl) -> Outcome:
    fresh.drop("revenue/sales.csv", SALES + GOOD + DOTTED + FORMULA)
    fresh.drop("revenue/good.csv", SALES + "t9,2023-11-01,1.00,c1,paid,Basic\n")
    fresh.drop("customers/people.csv", CUSTOMERS)
    return fresh("run", "--max-rejected-share", "1")


@pytest.fixture
def listed(fresh: Echoctl, loaded: Outcome) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = fresh("quarantine", "list", "--json").document["rows"]
    return rows


def row_of(rows: list[dict[str, object]], rule: str) -> str:
    [found] = [row["row"] for row in rows if rule in json.dumps(row["rules"])]
    return str(found)


def test_the_list_names_rows_by_file_line_and_rule_and_shows_no_value(fresh: Echoctl, loaded: Outcome) -> None:
    assert loaded.code == 0, loaded.err
    shown = fresh("quarantine", "list")
    assert shown.code == 0
    assert "transaction_date_valid" in shown.out
    assert "sales.csv" in shown.out
    assert not any(value in shown.out for value in ("02.02.2024", "ten", PERSON))
    assert fresh("quarantine", "list", "--json").document["counts"]["revenue"] == {"open": 2, "fixed": 0, "waived": 0}
    assert fresh("quarantine", "list", "--source", "marketing").out == "No such row was ever rejected.\n"


def test_a_row_is_shown_with_its_text_and_reasons(fresh: Echoctl, listed: list[dict[str, object]]) -> None:
    shown = fresh("quarantine", "show", "revenue", row_of(listed, "transaction_date_valid"))
    assert shown.code == 0
    assert "sales.csv, row 3, sha256 " in shown.out
    assert "transaction_date: 02.02.2024" in shown.out
    assert "breaks transaction_date_valid: transaction_date is 02.02.2024" in shown.out


def test_personal_data_is_masked_unless_it_is_asked_for(fresh: Echoctl, listed: list[dict[str, object]]) -> None:
    row = row_of(listed, "created_at_valid")
    assert "email: x***" in fresh("quarantine", "show", "customers", row).out
    assert f"email: {PERSON}" in fresh("quarantine", "show", "customers", row, "--personal").out
    assert PERSON not in fresh("quarantine", "export").out
    assert PERSON in fresh("quarantine", "export", "--personal").out


def test_an_export_has_every_row_and_no_formula(
    fresh: Echoctl, listed: list[dict[str, object]], tmp_path: Path
) -> None:
    written = tmp_path / "rejected.csv"
    assert "2 rejected rows written" in fresh("quarantine", "export", "--source", "revenue", "--out", str(written)).err
    rows = list(csv.DictReader(io.StringIO(written.read_text())))
    assert [row["product"] for row in rows] == ["Basic", "'=cmd|' /C calc'!A0"]
    assert rows[0]["transaction_date"] == "02.02.2024"
    lines = [json.loads(line) for line in fresh("quarantine", "export", "--source", "revenue").out.splitlines()]
    assert [line["raw"]["product"] for line in lines] == ["Basic", "=cmd|' /C calc'!A0"]
    assert "'=cmd" in fresh("psql", "--csv", "-c", "select product from raw.revenue where product like '=%'").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["list", "--source", "sales"], "source='sales' is not usable: expected one of customers"),
        (["list", "--status", "lost"], "expected one of open, fixed, waived"),
        (["show", "revenue", "999"], "revenue has no rejected row 999"),
        (["waive", "revenue", "999", "--reason", "lost"], "revenue has no rejected row 999"),
        (["waive", "revenue", "1", "--reason", " "], "a waiver needs a reason"),
        (["export", "--csv"], "expected one source"),
    ],
)
def test_a_mistake_is_told_in_one_line(fresh: Echoctl, loaded: Outcome, arguments: list[str], told: str) -> None:
    answered = fresh("quarantine", *arguments)
    assert answered.code == 2
    assert answered.is_one_message(), answered.err
    assert told in answered.err


def test_a_waiver_says_who_and_why(fresh: Echoctl, listed: list[dict[str, object]]) -> None:
    row = row_of(listed, "amount_valid")
    assert fresh("quarantine", "waive", "revenue", row, "--reason", "a test sale").out == f"revenue: waived {row}\n"
    [waived] = fresh("quarantine", "list", "--status", "waived", "--json").document["rows"]
    assert (str(waived["row"]), waived["waived_reason"]) == (row, "a test sale")
    assert waived["waived_by"]


@pytest.mark.usefixtures("listed")
def test_a_mended_contract_reads_exactly_the_affected_files_again(fresh: Echoctl, contracts: Path) -> None:
    mended = {"ECHO_CONTRACTS": str(contracts), "ECHO_MAX_REJECTED_SHARE": "1"}
    assert "to read again" in fresh("replay", **mended).out, "nothing has changed yet"
    revenue = contracts / "revenue.yaml"
    synonyms = "synonyms: [{synonym: date}, {synonym: order_date}]\n"
    formats = "        customProperties: [{property: formats, value: ['%d.%m.%Y']}]\n"
    revenue.write_text(revenue.read_text().replace(synonyms, synonyms + formats))
    assert "revenue: 2 files were read by another contract than today's" in fresh("status", **mended).out
    foreseen = fresh("replay", "--dry-run", **mended)
    assert "revenue/sales.csv: rejects 2 rows, would reject 1 rows" in foreseen.err
    read_again = fresh("replay", "revenue", "--json", **mended)
    assert read_again.code == 0, read_again.err
    told = {each["file"]: each for each in read_again.document["replayed"]}
    assert (told["sales.csv"]["rejected_before"], told["sales.csv"]["rejected_after"]) == (2, 1)
    assert told["sales.csv"]["status"] == "replaced"
    assert fresh("psql", "--csv", "-c", "select sum(amount) from staging.revenue").out == "sum\n161.00\n"
    assert fresh("psql", "--csv", "-c", "select sum(amount) from core.fact_transactions").out == "sum\n161.00\n"
    counts = fresh("quarantine", "list", "--json", **mended).document["counts"]["revenue"]
    assert counts == {"open": 0, "fixed": 1, "waived": 1}
    assert "nothing to read again" in fresh("replay", **mended).out


@pytest.mark.usefixtures("listed")
def test_a_file_that_would_lose_rows_is_left_unless_it_is_forced(fresh: Echoctl, contracts: Path) -> None:
    strict = {"ECHO_CONTRACTS": str(contracts), "ECHO_MAX_REJECTED_SHARE": "1"}
    revenue = contracts / "revenue.yaml"
    revenue.write_text(revenue.read_text().replace("maximum: 1000000}", "maximum: 60}"))
    left = fresh("replay", "--json", **strict)
    assert "revenue/sales.csv" in left.document["left"]
    assert "left as it is, --force reads it all the same" in left.err
    total = ["psql", "--csv", "-c", "select sum(amount) from core.fact_transactions"]
    assert fresh(*total).out == "sum\n161.00\n"
    (fresh.landing / "revenue" / "sales.csv").unlink()
    forced = fresh("replay", "--file", "sales.csv", "--force", **strict)
    assert forced.code == 0, forced.err
    assert fresh(*total).out == "sum\n61.00\n", "read from the lake, since the file is gone"
