"""Disks that are full or read-only, and files that are not what they were when they were listed: an error that says so.

A limit on the size of files stands in for a full disk: writing fails in the middle of a file, as it does there.
"""

from __future__ import annotations

import errno
import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from loading.books import xlsx
from loading.corpus import GOOD, HEADER
from loading.test_formats_agree import as_parquet

from echo_assets.retries import retried, said
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.source_file import SourceFile

MANY = HEADER + "".join(f"T{at},2024-01-02,10,C{at},paid\n" for at in range(9_000))


@contextmanager
def full_after(size: int) -> Iterator[None]:
    """No file of this process can grow beyond so many bytes."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def leftovers(warehouse) -> list[str]:
    return [path.name for path in (warehouse.folder / "lake").rglob("*") if path.is_file() and "partial" in path.name]


def loads(warehouse) -> int:
    return warehouse.value("select count(*) from ops.loads")


def test_a_disk_that_is_full_while_bytes_are_archived_changes_nothing(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + GOOD.replace("T1", "X1"))
    before = (warehouse.content("revenue"), loads(warehouse))
    file = warehouse.drop("revenue", "b.csv", MANY)
    with full_after(100_000), pytest.raises(OSError, match="lake") as error:
        warehouse.load_file(file)
    assert "the disk is full at " in said(error.value)
    assert (warehouse.content("revenue"), loads(warehouse), leftovers(warehouse)) == (*before, [])
    assert warehouse.load_file(file).staged == 9_000
    assert warehouse.broken_invariants("revenue") == []


def test_a_disk_that_is_full_while_a_copy_is_made_changes_nothing(warehouse):
    """The copy in UTF-8 takes more room than the file."""
    file = warehouse.drop("revenue", "a.csv", MANY.replace(",C", ",é").encode("latin-1"))
    with full_after(file.path.stat().st_size + 1), pytest.raises(OSError) as error:
        warehouse.load_file(file)
    assert "the disk is full" in said(error.value)
    assert (loads(warehouse), leftovers(warehouse)) == (0, [])
    assert warehouse.load_file(file).staged == 9_000


@pytest.mark.parametrize("name", ["a.xlsx", "a.parquet"])
def test_a_full_disk_is_no_fault_of_a_file_in_another_format(warehouse, name):
    names, rows = HEADER.strip().split(","), [f"T{at},2024-01-02,10,C{at},paid".split(",") for at in range(3_000)]
    content = as_parquet(names, rows) if name == "a.parquet" else xlsx([names, *rows])()
    file = warehouse.drop("revenue", name, content)
    with full_after(len(content) + 1), pytest.raises(OSError) as error:
        warehouse.land(file, warehouse.engine())
    assert "the disk is full" in said(error.value)
    assert loads(warehouse) == 0
    assert warehouse.load_file(file).staged == 3_000


def test_a_disk_that_is_full_when_rows_are_published_leaves_them_to_the_next_run(warehouse):
    contract, engine = warehouse.contracts["revenue"], warehouse.engine()
    landed = warehouse.land(warehouse.drop("revenue", "a.csv", MANY), engine)
    with full_after(1_000), pytest.raises(OSError) as error:
        warehouse.finish(landed, contract, engine)
    assert "the disk is full" in said(error.value)
    assert warehouse.value("select count(*) from staging.revenue") == 0
    assert leftovers(warehouse) == []
    assert warehouse.load("revenue", "a.csv", MANY).staged == 9_000
    assert warehouse.broken_invariants("revenue") == []


def test_each_trouble_with_a_disk_says_what_to_do():
    assert "set ECHO_HOME" in said(OSError(errno.EROFS, "Read-only file system", "/lake"))
    assert "no permission at /lake" in said(PermissionError(errno.EACCES, "Permission denied", "/lake"))
    assert "make room" in said(OSError(errno.ENOSPC, "No space left on device"))
    assert (
        said(OSError(errno.EIO, "Input/output error", "/lake/x"))
        == "Input/output error at /lake/x: see to it, then run again"
    )


def test_a_step_that_meets_a_full_disk_fails_at_once_and_says_so():
    with pytest.raises(dg.Failure) as failure, retried(dg.build_asset_context()):
        raise OSError(errno.ENOSPC, "No space left on device", "/lake/raw")
    assert failure.value.description == (
        "the disk is full at /lake/raw (No space left on device): "
        "make room, then run again; what was published stays as it was"
    )
    assert failure.value.allow_retries is False
    assert failure.value.__cause__ is None


def test_a_lake_that_is_read_only_changes_nothing(warehouse):
    """As root nothing is forbidden, so a file stands where the folder of the lake should be made."""
    (warehouse.folder / "lake").write_text("")
    with pytest.raises(OSError) as error:
        warehouse.load("revenue", "a.csv", HEADER + GOOD.replace("T1", "X1"))
    assert "lake" in said(error.value)
    assert loads(warehouse) == 0
    (warehouse.folder / "lake").unlink()
    assert warehouse.load("revenue", "a.csv", HEADER + GOOD).staged == 1


@pytest.mark.parametrize("what", ["link", "folder", "pipe"])
def test_what_took_a_files_place_since_it_was_listed_is_not_read(warehouse, what):
    file = warehouse.drop("revenue", "a.csv", HEADER + GOOD)
    file.path.unlink()
    if what == "link":
        file.path.symlink_to("/etc/passwd")
    elif what == "folder":
        file.path.mkdir()
    else:
        os.mkfifo(file.path)
    with pytest.raises(RefusedFile):
        warehouse.load_file(SourceFile("revenue", file.path, "a.csv"))
    assert loads(warehouse) == 0
