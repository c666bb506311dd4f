"""kill -9 in the middle of an extract: what was not finished is read again, and nothing is skipped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from extracts.conftest import NOW
from searches import first

SCRIPT = Path(__file__).with_name("doomed_extract.py")
SERVER = """
- server: shop
  type: postgresql
  schema: Sales
  customProperties:
    - {property: urlVariable, value: SHOP_URL}
    - {property: table, value: order}
    - {property: cursorColumn, value: changed_at}
    - {property: lag, value: 1h}
"""


@pytest.mark.parametrize("point", first(["placed", "partial", "recorded"]))
def test_whenever_it_is_killed_the_next_extract_makes_it_whole(
    shop_of, shop_database, shop_orders, orders_url, tmp_path, point
):
    for day in range(1, 6):
        shop_orders.execute(
            'insert into "Sales"."order" (id, changed_at, amount) values (%s, %s, 1)', [day, f"2024-03-0{day} 08:00Z"]
        )
    shop = shop_of(SERVER, SHOP_URL=shop_database)
    terms = {
        "contract": str(tmp_path / "orders.yaml"), "folder": str(shop.folder), "workspace": str(tmp_path),
        "warehouse": orders_url, "shop": shop_database, "now": NOW.isoformat(), "point": point, "after": 3,
    }  # fmt: skip
    killed = subprocess.run(
        [sys.executable, str(SCRIPT), json.dumps(terms)], capture_output=True, text=True, check=False
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert 2 <= len([file for file in shop.files if file.endswith(".csv")]) <= 3
    shop.extract()
    assert not [file for file in shop.files if not file.endswith(".csv")], "nothing unfinished stays behind"
    assert [key for key, _ in shop.staged()] == ["1", "2", "3", "4", "5"]
    assert shop.warehouse.value("select count(*) from ops.extracts") == 5
