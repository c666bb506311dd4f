"""Everything that is generated from contracts, and the committed copies of it.

The platform generates what it runs on from the contracts in memory; the copies show a reviewer what a change of a
contract does, and dbt reads two of them. `drift` compares, `write` brings up to date.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from echo_quality.contract import Contract
from echo_quality.generate.batch_sql import batch_sql
from echo_quality.generate.dbt_files import counted_statuses_sql, sources_yml
from echo_quality.generate.staging_suite import staging_suite
from echo_quality.generate.suite import suite_of
from echo_quality.generate.tables import tables_sql
from echo_quality.generate.typing_sql import typing_sql
from echo_quality.streams.contract import StreamContract
from echo_quality.streams.json_schema import event_schemas


def artefacts(contracts: Mapping[str, Contract], streams: Iterable[StreamContract] = ()) -> dict[str, str]:
    """Every generated file by its path from the project's root."""
    files = {
        "echo_dbt/models/staging/sources.yml": sources_yml(contracts.values()),
        "echo_dbt/macros/counted_statuses.sql": counted_statuses_sql(contracts),
        **event_schemas(streams),
    }
    for source, contract in contracts.items():
        folder = f"echo_quality/generated/{source}"
        files[f"{folder}/tables.sql"] = tables_sql(contract)
        files[f"{folder}/typing.sql"] = typing_sql(contract)
        files[f"{folder}/batch.sql"] = batch_sql(contract)
        files[f"{folder}/suite.json"] = _json(suite_of(contract))
        files[f"{folder}/staging_suite.json"] = _json(staging_suite(contract).suite)
    return files


def drift(contracts: Mapping[str, Contract], root: Path, streams: Iterable[StreamContract] = ()) -> list[str]:
    """Paths of committed copies that are missing or differ from what the contracts say now."""
    expected = artefacts(contracts, streams)
    return [path for path, text in expected.items() if not _same(root / path, text)]


def write(contracts: Mapping[str, Contract], root: Path, streams: Iterable[StreamContract] = ()) -> list[str]:
    """Bring the committed copies up to date and return the paths that changed."""
    expected = artefacts(contracts, streams)
    changed = [path for path, text in expected.items() if not _same(root / path, text)]
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(expected[path], encoding="utf-8")
    return changed


def _json(suite: Mapping[str, Any]) -> str:
    return json.dumps(suite, indent=2, ensure_ascii=False) + "\n"


def _same(path: Path, text: str) -> bool:
    return path.exists() and path.read_text(encoding="utf-8") == text
