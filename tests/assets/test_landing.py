"""The landing folder as it is found: which files are taken, which are left, and what is said about the rest."""

from __future__ import annotations

import os
import socket
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


def left(sources: Sources, source: str = "revenue") -> list[str]:
    """What is said about the entries of a source's folder."""
    return [sentence for sentence in sources.overlooked() if sentence.startswith((f"{source}/", "left alone"))]


def test_links_are_not_followed_wherever_they_lead(sources: Sources) -> None:
    folder = put(sources, "revenue/a.csv", "marketing/b.csv")
    outside = sources.settings.home / "secret.csv"
    outside.parent.mkdir(parents=True)
    outside.write_text("x\n")
    (folder / "revenue" / "file.csv").symlink_to(outside)
    (folder / "revenue" / "up.csv").symlink_to("../marketing/b.csv")
    (folder / "revenue" / "folder").symlink_to(outside.parent, target_is_directory=True)
    (folder / "revenue" / "round").symlink_to(folder / "revenue", target_is_directory=True)
    assert [file.name for file in sources.files("revenue").values()] == ["a.csv"]
    told = left(sources)
    assert [sentence.partition(" is ")[0] for sentence in told] == [
        "revenue/file.csv", "revenue/folder", "revenue/round", "revenue/up.csv",
    ]  # fmt: skip
    assert all("a link, which is not followed" in sentence for sentence in told)


def test_the_folder_of_a_source_is_no_link_either(sources: Sources) -> None:
    folder = put(sources, "elsewhere/a.csv")
    (folder / "revenue").symlink_to(folder / "elsewhere", target_is_directory=True)
    assert sources.files("revenue") == {}
    assert "is a link to" in left(sources)[0]


def test_a_folder_named_like_a_file_is_not_entered(sources: Sources) -> None:
    put(sources, "revenue/a.csv/inside.csv", "revenue/2024.01/b.csv")
    assert [file.name for file in sources.files("revenue").values()] == ["2024.01/b.csv"]
    assert left(sources) == ["revenue/a.csv is a folder named like a file: put the files beside it"]


def test_what_is_no_file_at_all_is_said(sources: Sources) -> None:
    folder = put(sources, "revenue/a.csv") / "revenue"
    os.mkfifo(folder / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(folder)  # the name of a socket must be short
        listening.bind("socket.csv")
        os.chdir(here)
    assert [file.name for file in sources.files("revenue").values()] == ["a.csv"]
    assert [sentence.partition(" is ")[0] for sentence in left(sources)] == ["revenue/pipe.csv", "revenue/socket.csv"]


def test_hidden_and_unfinished_files_are_said_in_one_sentence(sources: Sources) -> None:
    put(
        sources, *(f"revenue/{name}" for name in (".DS_Store", "~$a.xlsx", "b.part", "c.tmp", "d.crdownload", ".e.csv"))
    )
    [told] = left(sources)
    assert told.endswith("revenue/.e.csv, revenue/b.part, revenue/c.tmp and 2 more")


def test_a_name_is_said_without_control_characters(sources: Sources) -> None:
    put(sources, "revenue/a\x1b[31m\n.part")
    assert left(sources) == ["left alone, since hidden, or not yet complete by its name: revenue/a\\x1b[31m\\n.part"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else for a while")
def test_a_file_that_may_not_be_read_is_said(sources: Sources, tmp_path: Path) -> None:
    folder = put(sources, "revenue/a.csv", "revenue/b.csv", "revenue/locked/c.csv") / "revenue"
    (folder / "b.csv").chmod(0o600)
    (folder / "locked").chmod(0o700)
    for path in (*reversed(tmp_path.parents), tmp_path):
        if path.owner() == "root" and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o055)
    os.seteuid(65534)
    try:
        names, told = [file.name for file in sources.files("revenue").values()], left(sources)
    finally:
        os.seteuid(0)
    assert names == ["a.csv"]
    assert [sentence.partition(" is ")[0] for sentence in told] == ["revenue/b.csv", "revenue/locked"]
    assert all("not readable for the user who runs Echo" in sentence for sentence in told)


def test_a_landing_folder_that_does_not_exist_is_said(sources: Sources) -> None:
    [told] = sources.overlooked()
    assert str(sources.settings.landing) in told
    assert "does not exist" in told
