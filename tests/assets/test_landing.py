"""The landing folder as it is found: which files are taken, which are left, and what is said about the rest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from echo_assets.settings import Settings
from echo_assets.sources import Sources


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return Sources(Settings.from_environment({"ECHO_HOME": f"{tmp_path}/home", "ECHO_LANDING": f"{tmp_path}/landing"}))


def put(sources: Sources, *names: str) -> Path:
    folder = sources.settings.landing
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n")
    return folder


def test_files_are_found_in_folders_below_their_sources_in_name_order(sources: Sources) -> None:
    put(sources, "revenue/b.csv", "revenue/2024/01/a.csv", "marketing/a.csv")
    assert [file.name for file in sources.files("revenue").values()] == ["2024/01/a.csv", "b.csv"]


@pytest.mark.parametrize(
    "name",
    [".hidden.csv", ".git/a.csv", "~$open.xlsx", "a.csv.part", "a.csv.tmp", "a.csv.crdownload", "a.csv.filepart"],
)
def test_hidden_and_unfinished_files_are_left_alone(sources: Sources, name: str) -> None:
    put(sources, f"revenue/{name}")
    assert sources.files("revenue") == {}


def test_what_is_no_plain_file_is_left_alone(sources: Sources) -> None:
    folder = put(sources, "revenue/a.csv", "elsewhere.csv")
    (folder / "revenue" / "link.csv").symlink_to(folder / "elsewhere.csv")
    (folder / "revenue" / "dangling.csv").symlink_to(folder / "nowhere.csv")
    os.mkfifo(folder / "revenue" / "pipe.csv")
    assert [file.name for file in sources.files("revenue").values()] == ["a.csv"]


@pytest.mark.parametrize(
    "name", ["it's.csv", '"q".csv', "new\nline.csv", "-rf.csv", "ünï — 数.csv", "a b;c|d,e.csv", "%s.csv"]
)
def test_a_file_name_may_hold_anything_and_its_key_is_safe(sources: Sources, name: str) -> None:
    put(sources, f"revenue/{name}")
    [(key, file)] = sources.files("revenue").items()
    assert file.name == name
    assert key.isascii()
    assert set(key) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")


def test_a_name_that_is_no_text_has_a_key_and_can_be_shown(sources: Sources) -> None:
    folder = put(sources, "revenue/a.csv")
    (folder / "revenue" / os.fsdecode(b"caf\xe9.csv")).write_text("x\n")
    names = [file.shown_name for file in sources.files("revenue").values()]
    assert "caf\\xe9.csv" in names


def test_a_source_without_a_folder_has_no_files(sources: Sources) -> None:
    assert sources.files("revenue") == {}


def test_what_nobody_would_take_in_is_said(sources: Sources) -> None:
    put(sources, "revneue/a.csv", "stray.csv", "truth.json", ".cache/x", "marketing/a.csv")
    told = sources.overlooked()
    assert len(told) == 2
    assert told[0].startswith("revneue/ in the landing folder belongs to no contract")
    assert told[1].startswith("stray.csv lies beside the folders of the sources")


def test_a_landing_folder_that_does_not_exist_is_said(sources: Sources) -> None:
    [told] = sources.overlooked()
    assert str(sources.settings.landing) in told
    assert "does not exist" in told
