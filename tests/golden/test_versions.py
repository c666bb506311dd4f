"""How many versions the customers and products of a real set have, from their Parquet files to the dimensions."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from dbt.cli.main import dbtRunner

from echo_quality.odcs import read_contracts

pytestmark = pytest.mark.golden
ROOT = Path(__file__).parents[2]
PROJECT = ROOT / "echo_dbt"

# When a state of a product began: the history says it, and what is current began when its history ended.
STATES = {
    "customer_history": "select * exclude (valid_from, valid_to, is_current) from customer_history",
    "customers": "select * from customers",
    "product_history": """
        select * exclude (valid_from, valid_to, is_current), valid_from as updated_at from product_history""",
    "products": """
        select products.*, coalesce(history.valid_to, products.created_at) as updated_at
        from products
        left join (select product_id, max(valid_to) as valid_to from product_history group by product_id) as history
            using (product_id)""",
}


@pytest.fixture
def dimensions(warehouse_of, sample, fresh_database, tmp_path, monkeypatch):
    """The four files, loaded, and the two dimensions with their tests."""
    warehouse = warehouse_of(read_contracts(ROOT / "echo_quality" / "contracts"))
    for file, content in _states(sample, tmp_path).items():
        source = "customers" if file.startswith("customer") else "products"
        load = warehouse.load(source, f"{file}.parquet", content)
        assert (load.status, load.quarantined, load.duplicates) == ("loaded", 0, 0), load.reason
    for variable, value in fresh_database.environment().items():
        monkeypatch.setenv(variable, value)
    built = dbtRunner().invoke(
        [
            *("build", "--select", "+dim_customer", "+dim_product", "--exclude-resource-type", "unit_test"),
            *("--indirect-selection", "buildable"),
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", str(tmp_path), "--log-path", str(tmp_path), "--quiet"),
        ]
    )
    assert built.success, built.exception
    return warehouse


def _states(sample, folder):
    """The files as states with an updated_at."""
    with duckdb.connect() as engine:
        for name in STATES:
            (folder / f"{name}.parquet").write_bytes(sample(f"echo_1m/{name}.parquet"))
            engine.execute(f"create view {name} as select * from '{folder}/{name}.parquet'")
        for name, query in STATES.items():
            engine.execute(f"copy ({query}) to '{folder}/{name}_states.parquet' (format parquet)")
    return {name: (folder / f"{name}_states.parquet").read_bytes() for name in STATES}


def test_states_that_change_nothing_make_no_version_and_the_unknown_member_is_apart(dimensions):
    assert dimensions.rows(
        """select count(*), count(*) filter (where is_current), count(distinct customer_id)
        from core.dim_customer where customer_key <> -1"""
    ) == [(51_789, 50_000, 50_000)]
    assert dimensions.rows(
        """select count(*), count(*) filter (where is_current), count(distinct product_id)
        from core.dim_product where product_key <> -1"""
    ) == [(1_200, 1_000, 1_000)]
    assert dimensions.value("select count(*) from core.dim_customer where customer_key = -1") == 1
    assert dimensions.value("select count(*) from core.dim_product where product_key = -1") == 1
