"""When the project is parsed, and when it is not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from echo_assets.dbt import project as dbt_project
from echo_assets.dbt.project import DbtProjectError, prepare_manifest, read_manifest

pytestmark = pytest.mark.slow

LOAD = """
import sys
from pathlib import Path
from echo_assets.dbt.project import load_project
print(len(load_project(Path(sys.argv[1])).manifest["nodes"]), "dbt.cli.main" in sys.modules)
"""


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The databases for which dbt really parsed."""
    seen: list[str] = []
    real = dbt_project._run_parse

    def counted(project_dir: Path, scratch: Path, database: str) -> None:
        seen.append(database)
        real(project_dir, scratch, database)

    monkeypatch.setattr(dbt_project, "_run_parse", counted)
    return seen


def names(manifest: Path) -> set[str]:
    return {node["name"] for node in read_manifest(manifest)["nodes"].values()}


def test_a_project_is_parsed_once_and_again_only_after_a_change(project: Path, parses: list[str]) -> None:
    manifest = prepare_manifest(project)
    assert manifest == project / "target" / "manifest.json"
    prepare_manifest(project)
    assert len(parses) == 1
    added = project / "models" / "finance" / "added.sql"
    added.write_text("select 1 as one")
    assert "added" in names(prepare_manifest(project))
    added.unlink()
    assert "added" not in names(prepare_manifest(project))
    assert len(parses) == 3


def test_parsing_needs_no_database_and_ignores_the_one_of_the_shell(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ECHO_DBT_DBNAME", "of_the_shell")
    monkeypatch.setenv("ECHO_DBT_PORT", "1")
    nodes = read_manifest(prepare_manifest(project))["nodes"]
    assert {node["database"] for node in nodes.values()} == {"echo"}
    assert os.environ["ECHO_DBT_DBNAME"] == "of_the_shell"


def test_a_database_of_another_name_is_parsed_for_in_a_folder_of_its_own(project: Path, tmp_path: Path) -> None:
    ours = prepare_manifest(project)
    theirs = prepare_manifest(project, tmp_path / "parsed", "warehouse")
    relations = {node["relation_name"] for node in read_manifest(theirs)["nodes"].values() if node["relation_name"]}
    assert '"warehouse"."core"."dim_customer"' in relations
    assert '"echo"."core"."dim_customer"' in ours.read_text().replace("\\", "")


def test_planners_that_start_together_parse_once(project: Path, parses: list[str]) -> None:
    together = threading.Barrier(3)

    def prepare() -> None:
        together.wait()
        prepare_manifest(project)

    threads = [threading.Thread(target=prepare) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(parses) == 1


def test_a_copied_project_is_parsed_again_because_the_manifest_holds_its_place(
    project: Path, parses: list[str], tmp_path: Path
) -> None:
    prepare_manifest(project)
    moved = project.rename(tmp_path / "moved")
    prepare_manifest(moved)
    assert len(parses) == 2


def test_half_a_stamp_is_no_stamp(project: Path, parses: list[str]) -> None:
    prepare_manifest(project)
    (project / "target" / "parsed_for.json").write_text('{"project": ')
    prepare_manifest(project)
    assert len(parses) == 2


def test_a_project_that_cannot_be_parsed_says_where_and_keeps_the_last_good_manifest(project: Path) -> None:
    manifest = prepare_manifest(project)
    before = manifest.read_bytes()
    (project / "models" / "finance" / "broken.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(DbtProjectError, match=r"(?s)dbt cannot parse .*nothing"):
        prepare_manifest(project)
    assert manifest.read_bytes() == before


def test_a_folder_that_cannot_be_written_is_named_with_the_command_to_run(project: Path) -> None:
    (project / "target").write_text("a file where the folder should be")
    with pytest.raises(DbtProjectError, match=r"target cannot be written .*make manifest"):
        prepare_manifest(project)


def test_loading_a_parsed_project_does_not_start_dbt(project: Path) -> None:
    nodes = len(read_manifest(prepare_manifest(project))["nodes"])
    loaded = subprocess.run(
        [sys.executable, "-c", LOAD, str(project)], capture_output=True, text=True, check=True, timeout=120
    )
    assert loaded.stdout.split() == [str(nodes), "False"]


def test_the_manifest_is_read_again_only_when_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    path.write_text(json.dumps({"nodes": {}}))
    first = read_manifest(path)
    assert read_manifest(path) is first
    path.write_text(json.dumps({"nodes": {"a": {}}}))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    assert read_manifest(path) == {"nodes": {"a": {}}}
