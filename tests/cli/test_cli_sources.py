"""`echoctl discover`, `extract` and `check-source`: a file that nobody described, a source that is no file."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
from echoctl import Echoctl

from echo_assets.settings import PROJECT
from echo_quality.odcs import read_contract

SERVER = """servers:
  - server: shop
    type: sqlite
    customProperties: [{property: urlVariable, value: SHOP_URL}, {property: table, value: p}]
"""


@pytest.fixture(scope="module")
def contracts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The contracts, of which products is read from a database."""
    folder = tmp_path_factory.mktemp("contracts")
    for path in (PROJECT / "echo_quality" / "contracts").glob("*.yaml"):
        shutil.copy(path, folder)
    products = folder / "products.yaml"
    products.write_text(products.read_text().replace("customProperties:", SERVER + "customProperties:", 1))
    return folder


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database with one product."""
    path = tmp_path_factory.mktemp("shop") / "shop.db"
    with sqlite3.connect(path) as connection:
        connection.execute("create table p (product_id text, updated_at text, name text, colour text)")
        connection.execute("insert into p values ('p1', '2024-01-31', 'Lamp', 'red')")
    return f"sqlite:///{path}"


def test_discover_prints_a_contract_and_tells_what_to_look_at(cold: Echoctl, tmp_path: Path) -> None:
    file = tmp_path / "Orders 2024.csv"
    file.write_text("order_id,day,shop\no1,2024-01-01,007\no2,2024-01-02,008\n")
    told = cold("discover", str(file))
    assert told.code == 0, told.err
    assert "leading zeros: shop" in told.err
    (tmp_path / "orders_2024.yaml").write_text(told.out)
    assert read_contract(tmp_path / "orders_2024.yaml").key == ("order_id",)
    out = tmp_path / "sales.yaml"
    assert cold("discover", str(file), "--out", str(out)).out == ""
    assert read_contract(out).source == "sales"


def test_discover_tells_a_mistake_in_one_line(cold: Echoctl, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_id,day\no1,2024-01-01\n")
    (tmp_path / "orders.yaml").write_text("mine")
    (tmp_path / "empty.csv").write_text("")
    file = str(tmp_path / "orders.csv")
    for arguments, says in [
        ([file, "--out", str(tmp_path / "orders.yaml")], "a new file"),
        ([file, "--source", "Bad Name"], "lower case"),
        ([str(tmp_path / "nothing.csv")], "is no file"),
        ([str(tmp_path / "empty.csv")], "empty"),
    ]:
        told = cold("discover", *arguments)
        assert (told.code, told.is_one_message()) == (2, True), told.err
        assert says in told.err
    assert (tmp_path / "orders.yaml").read_text() == "mine"


def test_without_a_date_discover_ends_with_a_question(cold: Echoctl, tmp_path: Path) -> None:
    (tmp_path / "orders.csv").write_text("order_id,amount\no1,1.50\n")
    told = cold("discover", str(tmp_path / "orders.csv"))
    assert told.code == 1
    assert "OPEN" in told.out


def test_check_source_compares_the_server_with_the_contract(cold: Echoctl, contracts: Path, shop: str) -> None:
    told = cold("check-source", "products", ECHO_CONTRACTS=str(contracts), SHOP_URL=shop)
    assert told.code == 0, told.err
    assert "product_id: read as product_id" in told.out
    assert "colour: not in the contract" in told.out
    for source, url, says in [("revenue", shop, "is no source with a server"), ("products", "", "SHOP_URL")]:
        wrong = cold("check-source", source, ECHO_CONTRACTS=str(contracts), SHOP_URL=url)
        assert (wrong.code, wrong.is_one_message()) == (2, True), wrong.err
        assert says in wrong.err


def test_extract_writes_the_files_and_says_what_stands(home: Echoctl, contracts: Path, shop: str) -> None:
    done = home("extract", "products", ECHO_CONTRACTS=str(contracts), SHOP_URL=shop)
    assert done.code == 0, done.err
    assert done.out.split()[-4:-2] == ["1", "1"], done.out
    assert (home.landing / "products" / "shop" / "all.csv").read_text().splitlines()[1:] == ["p1,2024-01-31,Lamp,red"]
    failed = home("extract", ECHO_CONTRACTS=str(contracts), SHOP_URL="sqlite:///")
    assert failed.code == 1
    assert "no such table" in failed.err
    assert "Traceback" not in failed.err
    unknown = home("extract")
    assert (unknown.code, unknown.is_one_message()) == (2, True), unknown.err
    (home.landing / "products" / "shop" / "all.csv").unlink()
