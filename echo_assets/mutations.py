"""Which checks of this installation can fail: every suite with its tables' types, and what came of breaking it.

How a check is broken is in `echo_quality/mutations`; here contracts and the dbt manifest meet.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from echo_assets.dbt.nodes import Manifest, asset_path, built_nodes, data_tests
from echo_quality.contract import Contract
from echo_quality.expectations import TableSuite, suites_of_models
from echo_quality.generate.staging_suite import staging_suite
from echo_quality.generate.tables import tables_of
from echo_quality.invariants import INVARIANTS
from echo_quality.migrate import OWN_TABLES
from echo_quality.suites.declarations import declared_checks

if TYPE_CHECKING:
    from echo_assets.sources import Sources
    from echo_quality.mutations import Mutated

Types = Mapping[str, str]


def flaws(contracts: Mapping[str, Contract], manifest: Manifest) -> list[str]:
    """Expectations that no row can break or none can keep, and suites on what is not there, as sentences."""
    from echo_quality.mutations.flaws import flaws_of_contract, flaws_of_table

    found = [flaw for contract in contracts.values() for flaw in flaws_of_contract(contract)]
    for suite in suites_of_models():
        types = types_of_tables(manifest).get(suite.place)
        if types is None:
            found.append(f"suite {suite.name!r}: dbt builds no {suite.place}: name a model with its schema")
        else:
            found += flaws_of_table(suite, types)
    return found + _held_by_nothing(contracts, manifest)


def _held_by_nothing(contracts: Mapping[str, Contract], manifest: Manifest) -> list[str]:
    """Suites that count on a check which is not there."""
    suites = [*suites_of_models(), *map(staging_suite, contracts.values())]
    checks = {f"{suite.asset} {check.name}" for suite in suites for check in declared_checks(suite.suite)}
    held = {test["name"] for test in data_tests(manifest).values()} | {each.name for each in INVARIANTS}
    named = [(each.suite, other) for each in contracts.values() for other in each.held_by]
    named += [(suite.name, other) for suite in suites for other in suite.held_by]
    return [
        f"suite {suite!r}: {other} shall hold a rule of it, and is no check: correct the name"
        for suite, other in named
        if other not in checks and other.split()[-1] not in held
    ]


def mutate_all(sources: Sources, manifest: Manifest) -> Iterator[Mutated]:
    """Break every expectation and every invariant once; needs PostgreSQL, and leaves nothing there."""
    from echo_quality.mutations import mutate_load_suite, mutate_table_suite
    from echo_quality.mutations.tampering import mutate_invariants

    for contract in sources.contracts.values():
        yield from mutate_load_suite(contract, sources.url())
    for suite, types in typed_suites(sources.contracts, manifest):
        yield from mutate_table_suite(suite, types, sources.url())
    with sources.connection() as connection:
        yield from mutate_invariants(connection)


def typed_suites(contracts: Mapping[str, Contract], manifest: Manifest) -> Iterator[tuple[TableSuite, Types]]:
    """Every suite on a table, with the types of the table's columns."""
    for contract in contracts.values():
        yield staging_suite(contract), {column.name: column.type for column in tables_of(contract)[1].columns}
    types = types_of_tables(manifest)
    for suite in suites_of_models():
        yield suite, types[suite.place]


def types_of_tables(manifest: Manifest) -> dict[str, Types]:
    """The columns of every table that a suite may be on, with their types; by `schema/name`."""
    own = {f"{each.schema}/{each.name}": {column.name: column.type for column in each.columns} for each in OWN_TABLES}
    return {**types_of_models(manifest), **own}


def types_of_models(manifest: Manifest) -> dict[str, Types]:
    """The columns of every model with their types, as the model's own YAML says; by `schema/name`."""
    return {
        "/".join(asset_path(node)): {name: column["data_type"] for name, column in node["columns"].items()}
        for node in built_nodes(manifest).values()
        if node["resource_type"] == "model"
    }
