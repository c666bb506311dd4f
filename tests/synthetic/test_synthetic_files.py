"""What is in the files: the same bytes for the same request, and rows that add up to the counts in truth.json."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_quality.synthetic import FolderNotEmptyError, GeneratorError, generate
from echo_quality.synthetic.folder import fresh_folder

Stage = Callable[[Path, str], tuple[pd.DataFrame, dict[str, dict[str, Any]]]]
Data = tuple[Path, dict[str, Any]]

TOO_FEW_ROWS = {"experiments", "products"}
COUNTS = ("rows_in_file", "staged", "quarantined", "duplicates")
SOURCES = {
    "revenue",
    "marketing",
    "customers",
    "products",
    "subscriptions",
    "experiments",
    "experiment_assignments",
    "funnel_events",
}


def hashes(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def assert_counts_agree(folder: Path, truth: dict[str, Any], stage: Stage) -> None:
    for source, expected in truth["sources"].items():
        current, files = stage(folder, source)
        assert files.keys() == expected["files"].keys(), source
        for name, counted in files.items():
            told = expected["files"][name]
            assert {key: counted[key] for key in COUNTS} == {key: told[key] for key in COUNTS}, name
            faults: Counter[str] = Counter()
            for kind, rows in told["bad_rows"].items():
                faults[expected["bad_kinds"][kind]] += rows
            assert counted["faults"] == faults, name
        assert expected["current_rows"] == len(current), source
        assert expected["superseded"] == sum(file["superseded"] for file in files.values()), source


def test_the_same_request_gives_the_same_bytes(data: Data, tmp_path: Path) -> None:
    generate(3000, tmp_path / "again")
    assert hashes(tmp_path / "again") == hashes(data[0])


def test_another_seed_gives_other_data(data: Data, tmp_path: Path) -> None:
    generate(3000, tmp_path / "other", seed=8)
    ours, theirs = hashes(data[0]), hashes(tmp_path / "other")
    unchanged = {name for name in ours if theirs.get(name) == ours[name]}
    assert unchanged == {"experiments/experiments.csv"}


def test_every_source_has_a_folder_and_revenue_a_file_for_each_month(data: Data) -> None:
    folder, _ = data
    assert {path.name for path in folder.iterdir()} == SOURCES | {"truth.json"}
    assert len(list((folder / "revenue").iterdir())) == 18


def test_rows_read_back_add_up_to_the_counts_of_every_file(data: Data, stage: Stage) -> None:
    assert_counts_agree(*data, stage)


def test_the_truth_counts_every_row_of_a_file_once(data: Data) -> None:
    for source in data[1]["sources"].values():
        for file in (source, *source["files"].values()):
            assert file["rows_in_file"] == file["staged"] + file["quarantined"] + file["duplicates"]
            assert sum(file["bad_rows"].values()) == file["quarantined"]


def test_the_good_transactions_are_as_many_as_were_asked_for(data: Data) -> None:
    assert data[1]["sources"]["revenue"]["current_rows"] == 3000


def test_no_file_comes_near_the_share_of_bad_rows_at_which_it_is_refused(data: Data) -> None:
    for source in data[1]["sources"].values():
        assert all(file["quarantined"] <= 0.04 * file["rows_in_file"] for file in source["files"].values())


def test_everything_that_can_be_planted_occurs_in_a_demo_sized_set(tmp_path: Path) -> None:
    truth = generate(20_000, tmp_path / "demo")
    for name, source in truth.sources.items():
        planted: Counter[str] = Counter()
        for file in source.files.values():
            planted.update(file.planted)
        if name not in TOO_FEW_ROWS:
            assert all(planted.values()), (name, planted)
            assert source.bad_rows.keys() == source.bad_kinds.keys(), name


def test_late_transactions_arrive_in_the_file_of_a_later_month(data: Data, stage: Stage) -> None:
    folder, truth = data
    for name, file in truth["sources"]["revenue"]["files"].items():
        rows = pd.read_csv(folder / "revenue" / name, dtype=str)
        dates = rows["transaction_date"].str.fullmatch(r"\d{4}-\d\d-\d\d") & (rows["transaction_date"] != "2024-02-30")
        months = rows["transaction_date"][dates].str[:7]
        assert (months <= name[8:15]).all()
        planted = file["planted"]
        arrived = planted["late"] + planted["duplicate_later_file"] + planted["correction_later_file"]
        assert (months < name[8:15]).sum() == arrived


@settings(max_examples=12, deadline=None)
@given(
    rows=st.integers(1, 2500),
    seed=st.integers(0, 2**32),
    months=st.integers(1, 14),
    start=st.dates(date(2019, 1, 1), date(2026, 12, 1)),
)
def test_any_request_gives_files_that_add_up(rows: int, seed: int, months: int, start: date, stage: Stage) -> None:
    with TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        truth = generate(rows, out, seed, start.replace(day=1), months)
        assert_counts_agree(out, truth.to_dict(), stage)
        current, _ = stage(out, "revenue")
        assert len(current) == rows
        counted = current[current["status"].isin(["paid", "completed"])]["amount"]
        assert truth.revenue.total_revenue == f"{counted.str.replace('.', '').astype(int).sum() / 100:.2f}"


def test_a_folder_that_is_not_empty_is_refused_by_name_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FolderNotEmptyError, match=r"notes\.txt.*choose another folder, or overwrite") as caught:
        generate(100, tmp_path)
    assert isinstance(caught.value, ValueError)
    assert str(tmp_path) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_generation_that_fails_leaves_no_file_and_can_be_run_again(tmp_path: Path) -> None:
    def fail() -> None:
        with fresh_folder(tmp_path, overwrite=False) as folder:
            (folder / "half.csv").write_text("half")
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        fail()
    assert list(tmp_path.iterdir()) == []
    generate(100, tmp_path, months=2)


def test_what_a_killed_generation_left_is_named_and_overwriting_clears_it(tmp_path: Path) -> None:
    (tmp_path / ".generating" / "revenue").mkdir(parents=True)
    with pytest.raises(FolderNotEmptyError, match="generating"):
        generate(100, tmp_path, months=2)
    generate(100, tmp_path, months=2, overwrite=True)
    assert not (tmp_path / ".generating").exists()


def test_overwriting_replaces_what_was_generated_and_leaves_nothing_of_it(tmp_path: Path) -> None:
    generate(100, tmp_path / "a", months=4)
    generate(100, tmp_path / "a", months=2, overwrite=True)
    generate(100, tmp_path / "b", months=2)
    assert hashes(tmp_path / "a") == hashes(tmp_path / "b")


def test_overwriting_never_touches_a_file_that_was_not_generated(tmp_path: Path) -> None:
    generate(100, tmp_path, months=2)
    (tmp_path / "revenue" / "real.csv").write_text("mine")
    before = hashes(tmp_path)
    with pytest.raises(FolderNotEmptyError, match=r"real\.csv.*not generated"):
        generate(100, tmp_path, overwrite=True)
    assert hashes(tmp_path) == before


def test_an_account_that_points_outside_the_folder_removes_nothing_there(tmp_path: Path) -> None:
    precious = tmp_path / "precious.csv"
    precious.write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    (out / "truth.json").write_text(json.dumps({"sources": {"..": {"files": {"precious.csv": {}}}}}))
    generate(100, out, months=2, overwrite=True)
    assert precious.read_text() == "mine"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"rows": 0}, "rows is 0"),
        ({"months": 0}, "months is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"start": date(2024, 1, 15)}, "start is 2024-01-15: give the first day of a month, such as 2024-01-01"),
    ],
)
def test_a_request_that_makes_no_sense_names_the_value_and_writes_nothing(
    request_: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(GeneratorError, match=message):
        generate(**{"rows": 10, "out": tmp_path / "out", **request_})
    assert not (tmp_path / "out").exists()
