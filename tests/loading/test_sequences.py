"""What a second file, or the same file again, does to the rows that are already there."""

from __future__ import annotations

import pytest
from loading.books import xlsx

from echo_quality.loading.limits import Limits

HEADER = "transaction_id,date,amount,customer_id,status\n"
NO_ID = "date,amount,customer_id,status\n"
T1, T2, T3 = "T1,2024-01-02,10,C1,paid\n", "T2,2024-01-03,20,C2,paid\n", "T3,2024-02-04,30,C3,paid\n"


def days(warehouse):
    return [str(day) for (day,) in warehouse.rows("select day from ops.dirty_days order by day")]


@pytest.mark.law(4)
def test_the_same_bytes_again_are_a_no_op(warehouse):
    first = warehouse.load("revenue", "a.csv", HEADER + T1)
    again = warehouse.load("revenue", "a.csv", HEADER + T1)
    assert again.load_id == first.load_id
    assert warehouse.value("select count(*) from ops.loads") == 1


@pytest.mark.law(4)
def test_a_changed_file_replaces_its_rows(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    warehouse.connection.execute("delete from ops.dirty_days")
    load = warehouse.load("revenue", "a.csv", HEADER + T2 + T3)
    assert load.status == "replaced"
    assert warehouse.revenue() == "50.00"
    assert days(warehouse) == ["2024-01-02", "2024-01-03", "2024-02-04"]
    assert warehouse.broken_invariants("revenue") == []


@pytest.mark.law(3)
def test_a_changed_file_that_is_refused_leaves_the_accepted_version(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1)
    load = warehouse.load("revenue", "a.csv", HEADER + "T1,never,x,C1,paid\n")
    assert load.status == "refused"
    assert warehouse.revenue() == "10.00"
    assert warehouse.broken_invariants("revenue") == ["no_refused_load_open"]


def test_a_file_that_lost_all_rows_does_not_erase_them(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1)
    assert warehouse.load("revenue", "a.csv", HEADER).status == "refused"
    assert warehouse.revenue() == "10.00"


def test_a_mended_file_closes_its_refusal(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "T1,never,x,C1,paid\n")
    load = warehouse.load("revenue", "a.csv", HEADER + T1)
    assert load.status == "loaded"
    assert warehouse.value("select count(*) from quarantine.revenue") == 0
    assert warehouse.broken_invariants("revenue") == []


def test_a_refused_file_that_is_taken_away_is_no_longer_open(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + "T1,never,x,C1,paid\n")
    assert warehouse.forget_missing("revenue", []) == ["a.csv"]
    assert warehouse.broken_invariants("revenue") == []


def test_a_refused_file_is_tried_again_under_other_terms_only(warehouse):
    bad = HEADER + T1 + "T2,never,x,C1,paid\n"
    first = warehouse.load("revenue", "a.csv", bad)
    assert (first.status, first.withheld, first.quarantined) == ("refused", 1, 1)
    assert warehouse.load("revenue", "a.csv", bad).load_id == first.load_id
    second = warehouse.load("revenue", "a.csv", bad, share=1.0)
    assert (second.status, second.staged, second.quarantined) == ("loaded", 1, 1)
    assert warehouse.value("select count(*) from quarantine.revenue") == 1


def test_a_renamed_copy_is_reported_as_duplicates(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    load = warehouse.load("revenue", "b.csv", HEADER + T1 + T2)
    assert (load.status, load.staged, load.duplicates) == ("loaded", 0, 2)
    assert warehouse.revenue() == "30.00"
    assert warehouse.broken_invariants("revenue") == []


def test_a_renamed_copy_without_ids_is_recognised_by_its_content(warehouse):
    rows = NO_ID + "2024-01-02,10,C1,paid\n" * 2
    warehouse.load("revenue", "a.csv", rows)
    load = warehouse.load("revenue", "b.csv", rows.replace("\n", "\r\n"))
    assert (load.staged, load.duplicates) == (0, 2)
    assert warehouse.revenue() == "20.00"


def test_a_corrected_status_in_a_later_file_replaces(warehouse):
    first = warehouse.load("revenue", "a.csv", NO_ID + "2024-01-02,10,C1,paid\n")
    load = warehouse.load("revenue", "b.csv", NO_ID + "2024-01-02,10.00,C1,refunded\n")
    assert (load.staged, load.duplicates) == (1, 0)
    assert warehouse.revenue() == "0"
    assert first.staged == 1
    assert warehouse.broken_invariants("revenue") == []


def test_the_last_of_repeated_keys_in_a_file_counts(warehouse):
    load = warehouse.load("revenue", "a.csv", HEADER + T1 + T1.replace("paid", "refunded"))
    assert (load.staged, load.duplicates) == (1, 1)
    assert warehouse.rows("select status from staging.revenue") == [("refunded",)]


def test_a_bad_row_does_not_push_out_a_good_one_with_its_key(warehouse):
    load = warehouse.load("revenue", "a.csv", HEADER + T1 + "T1,never,10,C1,paid\n", share=1.0)
    assert (load.staged, load.quarantined, load.duplicates) == (1, 1, 0)


def test_an_outlived_row_comes_back_when_the_later_file_drops_it(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    warehouse.load("revenue", "b.csv", HEADER + T1.replace("paid", "refunded") + T3)
    assert warehouse.revenue() == "50.00"
    warehouse.load("revenue", "b.csv", HEADER + T3)
    assert warehouse.revenue() == "60.00"
    assert warehouse.broken_invariants("revenue") == []


def test_a_repeated_row_comes_back_when_the_first_file_drops_it(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    warehouse.load("revenue", "b.csv", HEADER + T1)
    warehouse.load("revenue", "a.csv", HEADER + T2)
    assert warehouse.revenue() == "30.00"
    assert warehouse.broken_invariants("revenue") == []


def test_only_the_touched_days_become_dirty(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    warehouse.connection.execute("delete from ops.dirty_days")
    warehouse.load("revenue", "b.csv", HEADER + T3 + T2.replace("paid", "failed"))
    assert days(warehouse) == ["2024-01-03", "2024-02-04"]


def test_the_business_day_is_taken_in_the_business_time_zone(warehouse):
    warehouse.timezone = "America/New_York"
    warehouse.load("revenue", "a.csv", HEADER + "T1,2024-01-02T03:00:00Z,10,C1,paid\n")
    assert warehouse.rows("select transaction_date::text from staging.revenue") == [("2024-01-01",)]


def test_an_accepted_load_is_also_a_parquet_file_in_the_lake(warehouse):
    import pyarrow.parquet

    load = warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    refused = warehouse.load("revenue", "b.csv", HEADER + "T9,never,x,C1,paid\n")
    folder = warehouse.folder / "lake" / "staging" / "revenue"
    assert pyarrow.parquet.read_table(folder / f"{load.load_id}.parquet").num_rows == 2
    assert not (folder / f"{refused.load_id}.parquet").exists()


def test_the_lake_keeps_the_original_bytes(warehouse):
    content = (HEADER + T1).encode("utf-16")
    load = warehouse.load("revenue", "a.csv", content)
    assert (warehouse.folder / "lake" / "raw" / load.sha256[:2] / load.sha256).read_bytes() == content


def test_the_same_name_with_other_bytes_of_the_same_rows_replaces_without_change(warehouse):
    """A twin with Windows line ends, a byte order mark or semicolons is another file with the same content."""
    plain = HEADER + T1 + T2
    warehouse.load("revenue", "a.csv", plain)
    content = warehouse.content("revenue")
    for twin in (plain.replace("\n", "\r\n"), "\ufeff" + plain, plain.replace(",", ";"), plain.encode("utf-16")):
        load = warehouse.load("revenue", "a.csv", twin)
        assert (load.status, load.staged, load.duplicates) == ("replaced", 2, 0)
        assert warehouse.content("revenue") == content
    assert warehouse.broken_invariants("revenue") == []


def test_a_twin_with_other_line_ends_under_another_name_is_all_duplicates(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    load = warehouse.load("revenue", "b.csv", (HEADER + T1 + T2).replace("\n", "\r\n"))
    assert (load.status, load.staged, load.duplicates) == ("loaded", 0, 2)
    assert warehouse.revenue() == "30.00"


def test_a_half_written_file_that_is_finished_later_ends_as_if_it_had_been_whole(warehouse):
    whole = HEADER + T1 + T2 + T3
    half = warehouse.load("revenue", "a.csv", whole[: len(HEADER + T1) + 12], share=1.0)
    assert (half.staged, half.quarantined) == (1, 1)
    finished = warehouse.load("revenue", "a.csv", whole)
    assert (finished.status, finished.staged, finished.quarantined) == ("replaced", 3, 0)
    assert warehouse.value("select count(*) from quarantine.revenue") == 0
    assert warehouse.broken_invariants("revenue") == []


def test_a_half_written_workbook_is_refused_until_it_is_whole(warehouse):
    whole = xlsx()()
    assert warehouse.load("revenue", "a.xlsx", whole[: len(whole) // 2]).status == "refused"
    assert warehouse.load("revenue", "a.xlsx", whole).status == "loaded"
    assert warehouse.broken_invariants("revenue") == []


def test_a_file_over_a_limit_is_read_again_when_the_limit_is_raised(warehouse):
    content = HEADER + T1
    warehouse.limits = Limits(columns=4)
    refused = warehouse.load("revenue", "a.csv", content)
    assert refused.status == "refused"
    assert "ECHO_MAX_COLUMNS=4" in refused.reason
    assert warehouse.load("revenue", "a.csv", content).load_id == refused.load_id
    warehouse.limits = Limits(columns=5)
    assert warehouse.load("revenue", "a.csv", content).status == "loaded"
    assert warehouse.broken_invariants("revenue") == []


def test_files_that_overlap_in_rows_without_a_key_are_told_apart_by_their_content(warehouse):
    """The first sale of the second file is the last one of the first; one that was sold twice there stays two."""
    first, twice = "2024-01-02,10,C1,paid\n", "2024-01-03,20,C2,paid\n"
    warehouse.load("revenue", "a.csv", NO_ID + first + twice * 2)
    load = warehouse.load("revenue", "b.csv", NO_ID + twice * 2 + "2024-01-04,30,C3,paid\n")
    assert (load.staged, load.duplicates) == (1, 2)
    assert warehouse.revenue() == "80.00"
    assert warehouse.broken_invariants("revenue") == []


def test_files_that_overlap_in_keys_keep_the_later_row_of_each(warehouse):
    warehouse.load("revenue", "a.csv", HEADER + T1 + T2)
    load = warehouse.load("revenue", "b.csv", HEADER + T2.replace(",20,", ",25,") + T3)
    assert (load.staged, load.duplicates) == (2, 0)
    assert warehouse.revenue() == "65.00"
    assert warehouse.broken_invariants("revenue") == []
