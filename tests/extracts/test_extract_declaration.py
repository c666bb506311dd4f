"""Servers as contracts declare them: what is documented works, and what is wrong is named."""

from __future__ import annotations

from textwrap import dedent

import pytest
from conventions.documents import DOCS, blocks
from extracts.conftest import contract_with

from echo_quality.contract import ContractError
from echo_quality.extracts.declaration import Api, Database

DATABASE = """
- server: shop
  type: postgresql
  customProperties:
    - {property: urlVariable, value: SHOP_URL}
    - {property: table, value: orders}
    - {property: cursorColumn, value: updated_at}
"""
API = """
- server: shop
  type: api
  location: https://shop.example.com/orders
  customProperties:
    - {property: paging, value: page}
"""


def test_what_the_documentation_declares_is_read(tmp_path):
    written = [dedent(block.removeprefix("servers:\n")) for block in blocks(DOCS / "servers.md", "yaml")]
    database, api = (contract_with(tmp_path, server).server for server in written)
    assert isinstance(database.place, Database)
    assert (database.place.schema, database.cursor.lag, database.variables) == ("sales", "2d", ("SHOP_DATABASE_URL",))
    assert isinstance(api.place, Api)
    assert (api.place.records, api.cursor.lag, api.can_filter) == ("data.orders", "1d", True)


@pytest.mark.parametrize(
    ("server", "change", "says"),
    [
        (
            DATABASE,
            ("urlVariable, value: SHOP_URL", "urlVariable, value: 'postgresql://u:p@h/d'"),
            "must name an environ",
        ),
        (DATABASE, ("property: table", "property: tables"), r"unknown customProperties \['tables'\] of server 'shop'"),
        (
            DATABASE,
            ("{property: table, value: orders}", "{property: lag, value: 2d}"),
            "needs either a table or a query",
        ),
        (
            DATABASE,
            ("{property: cursorColumn, value: updated_at}", "{property: lag, value: 2d}"),
            "without a cursorColumn",
        ),
        (
            DATABASE,
            ("value: updated_at}", "value: updated_at}\n    - {property: lag, value: soon}"),
            "lag 'soon' must be",
        ),
        (DATABASE, ("type: postgresql", "type: kafka"), "server type 'kafka' is not read; use api"),
        (DATABASE, ("server: shop", "server: ../shop"), "must be lower case letters"),
        (DATABASE + DATABASE, ("", ""), "more than one"),
        (API, ("https://", "https://me:s3cret@"), "must be a URL without a password"),
        (API, ("value: page", "value: pages"), "paging 'pages' is not known; use one of none, page"),
        (API, ("value: page", "value: cursor"), "needs `next`"),
    ],
)
def test_a_mistake_in_a_server_names_the_part(tmp_path, server, change, says):
    with pytest.raises(ContractError, match=says):
        contract_with(tmp_path, server.replace(*change))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("required: true, primaryKey: true", "required: true, primaryKey: true, customProperties: [{{property: "
          "derivedFrom, value: [changed_at]}}]"), "a key of its own"),
        (("customProperties:\n", "customProperties:\n  - {{property: delimiter, value: ';'}}\n"), "leave out encoding"),
        (("value: 4}}]", "value: 4}}, {{property: numberFormat, value: '1.234,56'}}]"), "leave out numberFormat"),
    ],
)  # fmt: skip
def test_a_contract_with_a_server_must_fit_it(tmp_path, monkeypatch, change, says):
    from extracts import conftest

    monkeypatch.setattr(conftest, "CONTRACT", conftest.CONTRACT.replace(*change, 1))
    with pytest.raises(ContractError, match=says):
        contract_with(tmp_path, DATABASE)
