"""`echoctl generate`: whole data sets into a folder of their own, and nothing over what is somebody else's."""

from __future__ import annotations

import json
from pathlib import Path

from echoctl import Echoctl

SMALL = ("generate", "--rows", "200", "--months", "2")


def test_it_writes_a_folder_for_every_source_and_the_truth(cold: Echoctl, tmp_path: Path) -> None:
    out = tmp_path / "data"
    written = cold(*SMALL, "--out", str(out))
    assert (written.code, written.err) == (0, "")
    truth = json.loads((out / "truth.json").read_text())
    assert truth["total_revenue"] in written.out
    assert {path.name for path in out.iterdir()} == {"truth.json", *truth["sources"]}


def test_the_same_seed_gives_the_same_bytes(cold: Echoctl, tmp_path: Path) -> None:
    for name in ("one", "two"):
        assert cold(*SMALL, "--out", str(tmp_path / name), "--seed", "3").code == 0
    one, two = ({path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
                for name in ("one", "two"))  # fmt: skip
    assert one == two


def test_a_second_time_into_the_same_folder_is_refused_unless_it_may_overwrite(cold: Echoctl, tmp_path: Path) -> None:
    out = str(tmp_path / "data")
    assert cold(*SMALL, "--out", out).code == 0
    refused = cold(*SMALL, "--out", out)
    assert refused.code == 2
    assert refused.is_one_message(), refused.err
    assert out in refused.err
    assert cold(*SMALL, "--out", out, "--overwrite").code == 0


def test_a_file_of_somebody_else_is_never_overwritten(cold: Echoctl, tmp_path: Path) -> None:
    (tmp_path / "revenue").mkdir()
    (tmp_path / "revenue" / "mine.csv").write_text("mine\n")
    refused = cold(*SMALL, "--out", str(tmp_path), "--overwrite")
    assert refused.code == 2
    assert "mine.csv" in refused.err
    assert (tmp_path / "revenue" / "mine.csv").read_text() == "mine\n"


def test_a_file_in_place_of_the_folder_is_told(cold: Echoctl, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = cold(*SMALL, "--out", str(tmp_path / "file"))
    assert refused.code == 2
    assert refused.is_one_message(), refused.err
