"""The documents say what is so: links lead somewhere, checks have their section, examples work."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from documents import ALL, DECISIONS, DOCS, README, RUNBOOK, anchors, blocks, links, prose
from project_files import PACKAGES, files_below, name_of

from echo_assets.settings import PROJECT
from echo_assets.staging_tables import AGREES
from echo_quality import invariants
from echo_quality.generate import artefacts
from echo_quality.generate.suite import suite_of
from echo_quality.odcs import read_contract, read_contracts
from echo_quality.rules import Kind

CONTRACTS = read_contracts(PROJECT / "echo_quality" / "contracts")


@pytest.mark.parametrize("document", ALL, ids=name_of)
def test_every_link_leads_somewhere(document: Path) -> None:
    for link in links(document):
        if re.match(r"https?://", link):
            continue
        place, _, anchor = link.partition("#")
        target = (document.parent / place).resolve() if place else document
        assert target.exists(), f"{name_of(document)} links to {link}, which is not there"
        assert not anchor or anchor in anchors(target), f"{name_of(document)} links to {link}: no such heading"


def test_every_kind_of_check_has_its_section_in_the_runbook() -> None:
    rules = {each["meta"]["runbook"] for contract in CONTRACTS.values() for each in suite_of(contract)["expectations"]}
    kinds = {f"docs/runbook.md#{kind.replace('_', '-')}" for kind in Kind}
    tuples = [value for value in vars(invariants).values() if isinstance(value, tuple)]
    named = {item.name for value in tuples for item in value if isinstance(item, invariants.Invariant)} | {AGREES}
    whole_tables = {f"docs/runbook.md#{name.replace('_', '-')}" for name in named}
    linked = rules | kinds | whole_tables | {"docs/runbook.md#dbt-tests"}
    missing = linked - {f"docs/runbook.md#{anchor}" for anchor in anchors(RUNBOOK)}
    assert not missing, f"write a section in docs/runbook.md for each kind of check: {missing}"


def test_every_runbook_link_written_in_the_code_has_its_section() -> None:
    written = {
        (name_of(path), anchor)
        for path in files_below(*PACKAGES, suffixes=(".py", ".yml", ".sql", ".yaml"))
        for anchor in re.findall(r"docs/runbook\.md#([a-z-]+)", path.read_text(encoding="utf-8"))
    }
    assert {link for link in written if link[1] not in anchors(RUNBOOK)} == set()


def test_decisions_are_numbered_without_a_gap_and_say_why_and_what_follows() -> None:
    assert [path.name[:4] for path in DECISIONS] == [f"{number:04}" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        assert {"context", "decision", "consequences"} <= anchors(path), f"{name_of(path)} lacks a section"
        assert path.read_text(encoding="utf-8").startswith(f"# {int(path.name[:4])}. "), name_of(path)
        assert f"decisions/{path.name}" in (DOCS / "architecture.md").read_text(encoding="utf-8")


def test_the_contract_in_the_readme_is_one_that_works(tmp_path: Path) -> None:
    [written] = blocks(README, "yaml")
    (tmp_path / "tickets.yaml").write_text(written, encoding="utf-8")
    contract = read_contract(tmp_path / "tickets.yaml")
    assert "echo_quality/contracts/tickets.yaml" in README.read_text(encoding="utf-8")
    assert set(artefacts({**CONTRACTS, "tickets": contract})) > set(artefacts(CONTRACTS))


def test_every_make_target_and_file_that_a_document_names_is_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ALL:
        text = document.read_text(encoding="utf-8")
        named = {
            word for line in re.findall(r"(?:^|`)make ([a-z][a-z -]*)", text, re.MULTILINE) for word in line.split()
        }
        assert named <= targets, f"{name_of(document)}: {named - targets}"
        paths = re.findall(r"`((?:echo_[a-z]+|docs|benchmarks|tests)/[\w/.]*)`", prose(document))
        gone = [path for path in paths if not (PROJECT / path).exists() and "tickets" not in path]
        assert not gone, f"{name_of(document)} names {gone}"


def test_every_command_of_echoctl_that_a_document_names_is_there() -> None:
    from typer.main import get_command

    from echo_assets.cli.app import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    for document in ALL:
        named = set(
            re.findall(
                r"(?:^|`)(?:\.venv/bin/)?echoctl ([a-z]+(?:-[a-z]+)*)",
                document.read_text(encoding="utf-8"),
                re.MULTILINE,
            )
        )
        assert named <= known, f"{name_of(document)} names {named - known}"


def test_every_variable_that_a_document_names_is_documented() -> None:
    known = set(re.findall(r"^([A-Z_]+)=$", (PROJECT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    for document in ALL:
        named = set(re.findall(r"\bECHO_[A-Z_]+\b", prose(document)))
        assert named <= known, f"{name_of(document)} names {named - known}"
