"""What a contract with a server must satisfy, beside what every contract must."""

from __future__ import annotations

from echo_quality.contract import Contract, ContractError, Dialect
from echo_quality.extracts.declaration import Database


def check_server(contract: Contract) -> None:
    """ContractError if rows that are read again could not be told from new ones, or would be read as other values."""
    if contract.server is None:
        return
    if any(contract.column(name).derived_from for name in contract.key):
        raise ContractError(
            "servers: the source needs a key of its own, not a derived one; windows are read again, and only a key"
            " tells a changed row from a new one"
        )
    if contract.dialect != Dialect():
        raise ContractError("servers: Echo writes these files itself; leave out encoding, delimiter and the like")
    if not isinstance(contract.server.place, Database):
        return
    for column in contract.columns:
        if column.reading.number and column.reading.number.decimal != ".":
            raise ContractError(f"servers: a database gives plain numbers; leave out numberFormat of {column.name!r}")
