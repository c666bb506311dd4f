"""What the loader would make of the file under the proposed contract: the same reading, the same SQL, no database."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from echo_quality.contract import Contract
from echo_quality.loading.prepare import prepare
from echo_quality.loading.text_files import has_stray_quotes
from echo_quality.loading.text_table import TextTable
from echo_quality.loading.typed_rows import Engine, UnreadableText, opened
from echo_quality.odcs import read_contract
from echo_quality.rules import rules_of


def rejected_by(text: str, path: Path, source: str, workspace: Path) -> tuple[tuple[str, int], ...]:
    """For each rule of the contract how many rows it would reject, most first; ContractError if it is unsound."""
    folder = workspace / "trial"
    folder.mkdir()
    place = folder / f"{source}.yaml"
    place.write_text(text, encoding="utf-8")
    contract = read_contract(place)
    table = prepare(path, path.name, contract, folder)
    try:
        if not table.is_rewritten and has_stray_quotes(table.path, table.delimiter):
            raise UnreadableText("a quote stands within a field")
        counted = _counted(contract, table, folder)
    except UnreadableText:
        counted = _counted(contract, prepare(path, path.name, contract, folder, rewrite=True), folder)
    rules = rules_of(contract)
    return tuple((rules[number].name, rows) for number, rows in counted.most_common())


def _counted(contract: Contract, table: TextTable, folder: Path) -> Counter[int]:
    with opened(Engine(folder, memory_limit_mb=256, threads=2), contract, table) as connection:
        found = connection.execute("select _violations, count(*) from typed_rows group by 1").fetchall()
    counts: Counter[int] = Counter()
    for violations, rows in found:
        for number in (violations or "").split(","):
            if number:
                counts[int(number)] += rows
    return counts
