"""The contracts that `discover` proposes for real files load every row, and the sums come out."""

from __future__ import annotations

import datetime

import pytest

from echo_quality.discover import discover, source_name
from echo_quality.odcs import read_contract

pytestmark = pytest.mark.golden
TODAY = datetime.date(2026, 1, 1)
PAID = "where status = 'paid'"
EXPECTED = {
    "echo_samples/revenue_sample.csv": (
        f"select (select count(*) from {{table}}), sum(amount), count(*) from {{table}} {PAID}",
        ("101", "190100.50", "92"),
    ),
    "echo_samples/marketing_sample.csv": (
        "select count(*), sum(conversions), sum(leads) from {table}",
        ("93", "1762", "17254"),
    ),
    "echo_1m/customers.parquet": ("select count(*), count(distinct customer_id) from {table}", ("50000", "50000")),
    "echo_1m/customer_history.parquet": ("select count(*) from {table}", ("2252",)),
    "echo_1m/products.parquet": ("select count(*) from {table}", ("1000",)),
    "echo_1m/product_history.parquet": ("select count(*) from {table}", ("200",)),
    "echo_1m/marketing_events.parquet": (
        "select count(*), sum(leads), sum(conversions), sum(spend) from {table}",
        ("100000", "8960448", "676193", "8658142.31"),
    ),
    "echo_1m/experiments.parquet": (
        "select count(*), count(distinct experiment_id) from {table}",
        ("16673", "10"),
    ),
    "uci_online_retail_full_latin1.csv.gz": (
        """select count(*), sum(quantity * unit_price),
            sum(quantity * unit_price) filter (where quantity > 0 and unit_price > 0 and invoice_no not like 'C%'),
            count(*) filter (where invoice_no like 'C%'),
            sum(quantity * unit_price) filter (where invoice_no like 'C%'), count(*) filter (where customer_id is null)
            from {table}""",
        ("541909", "9747747.934", "10666684.544", "9288", "-896812.490", "135080"),
    ),
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_proposed_contract_loads_every_row_of_a_real_file(warehouse_of, sample, tmp_path, name):
    path = tmp_path / name.split("/")[-1]
    path.write_bytes(sample(name))
    source = source_name(path)
    workspace = tmp_path / "work"
    workspace.mkdir()
    proposal = discover(path, source, workspace, TODAY)
    assert proposal.rejected == (), "the proposal's own trial"
    (tmp_path / f"{source}.yaml").write_text(proposal.text, encoding="utf-8")
    warehouse = warehouse_of({source: read_contract(tmp_path / f"{source}.yaml")})
    load = warehouse.load(source, path.name, path.read_bytes(), share=0)
    assert (load.status, load.staged, load.quarantined, load.duplicates) == ("loaded", load.rows_in_file, 0, 0)
    query, figures = EXPECTED[name]
    found = warehouse.rows(query.format(table=f"staging.{source}"))[0]
    assert tuple(str(value) for value in found) == figures
    assert warehouse.broken_invariants(source) == []
