"""An erased person is in no table, no rejected row and no file of the lake; every count and sum stays as it was."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace

import pytest
from loading.books import xlsx

from echo_quality.erasure.erase import erase, finish, forget_if_nowhere, still_holding
from echo_quality.erasure.identity import erased_so_far
from echo_quality.loading.take_in import archived_path

pytestmark = pytest.mark.slow

PERSON, MAIL, NAME = "cust-7731", "zelda.unique@secret.example", "Zelda Unique"
CUSTOMERS = "customer_id,updated_at,created_at,email,name,segment,remark\n"
ME = f"{PERSON},2024-01-01,2024-01-01,{MAIL},{NAME},smb,called {NAME}\n"
OTHER = "cust-1,2024-01-02,2024-01-01,other@example.org,Otto,smb,fine\n"
REJECTED = f"{PERSON},never,2024-01-01,{MAIL},{NAME},smb,\n"
WITHOUT_ID = f",2024-01-05,{MAIL},{MAIL},{NAME},smb,\n"
BROKEN = f"{PERSON},2024-01-01;{MAIL}\n"
SALES = "date,amount,customer_id,status\n"
SOLD = f"2024-03-01,10.00,{PERSON},paid\n2024-03-01,10.00,{PERSON},paid\n2024-03-02,5.00,cust-1,paid\n"
BAD_SALE = f"2024-03-03,ten,{PERSON},paid\n"
SECRETS = (PERSON, MAIL, NAME)


def erased(warehouse, person=PERSON):
    contracts, lake = warehouse.contracts.values(), warehouse.folder / "lake"
    begun = erase(warehouse.connection, contracts, person, "tester", lake, "UTC")
    return begun, finish(warehouse.connection, contracts, lake, warehouse.engine())


def found_in_tables(warehouse, schemas="'raw', 'staging', 'quarantine', 'ops'"):
    """Every place of the warehouse where a secret stands."""
    tables = warehouse.rows(
        f"select format('%I.%I', schemaname, tablename) from pg_tables where schemaname in ({schemas})"
    )
    return [
        (table, secret)
        for (table,) in tables
        for secret in SECRETS
        if warehouse.value(f"select count(*) from {table} as line where strpos(line::text, '{secret}') > 0")
    ]


def found_in_lake(warehouse):
    files = [path for path in (warehouse.folder / "lake").rglob("*") if path.is_file()]
    contents = {path: gzip.decompress(path.read_bytes()) if _is_gzip(path) else path.read_bytes() for path in files}
    return [(path.name, secret) for path, text in contents.items() for secret in SECRETS if secret.encode() in text]


def _is_gzip(path):
    return path.read_bytes().startswith(b"\x1f\x8b")


def replay(warehouse, source):
    """What the next run does with the loads that wait to be read again."""
    keys = warehouse.rows(f"select file from ops.loads where source = '{source}' and replay_at is not null")
    for (file,) in keys:
        path = warehouse.folder / "landing" / source / file
        warehouse.load(source, file, path.read_bytes(), share=1.0)


@pytest.fixture
def loaded(warehouse):
    warehouse.load("customers", "old.csv", CUSTOMERS + ME + OTHER)
    warehouse.load("customers", "old.csv", CUSTOMERS + ME + OTHER + REJECTED + WITHOUT_ID + BROKEN, share=1.0)
    warehouse.load("customers", "refused.csv", CUSTOMERS + REJECTED)
    warehouse.load("revenue", "sales.csv", SALES + SOLD + BAD_SALE, share=1.0)
    return warehouse


def state(warehouse, source):
    return warehouse.rows(
        f"""select file, status, rows_in_file, staged, withheld, quarantined, duplicates, money_staged from ops.loads
            where source = '{source}' and status in ('loaded', 'replaced', 'refused') order by file"""
    )


def test_the_person_is_nowhere_afterwards_and_nothing_else_is_lost(loaded):
    before = state(loaded, "customers"), loaded.revenue()
    begun, files = erased(loaded)
    assert begun.counts["raw rows"] == 8
    assert begun.counts["rejected rows"] == 5
    assert files == {"archived files": 4, "Parquet copies": 3}
    assert found_in_tables(loaded) == []
    assert found_in_lake(loaded) == []
    assert (state(loaded, "customers"), loaded.revenue()) == before
    assert loaded.broken_invariants("customers") == ["no_refused_load_open"]
    assert loaded.broken_invariants("revenue") == []
    assert loaded.rows("select customer_id, email, name, segment from staging.customers order by email nulls last") == [
        ("cust-1", "other@example.org", "Otto", "smb"), (begun.token, None, None, "smb"),
    ]  # fmt: skip
    [(person, status, by)] = loaded.rows("select person, status, erased_by from ops.erasures")
    assert (len(person), status, by) == (64, "done", "tester")


def test_sales_stay_countable_and_money_is_conserved_when_their_derived_keys_are_derived_again(loaded):
    ids = {key for (key,) in loaded.rows("select transaction_id from staging.revenue")}
    begun, _ = erased(loaded)
    assert begun.to_be_read_again == 1
    dirty = loaded.rows("select day::text from ops.dirty_days where mark > (select max(load_id) from ops.loads)")
    assert {("2024-03-01",)} <= set(dirty)
    assert ("2024-03-02",) not in dirty, "only the days of the person's rows are built again"
    replay(loaded, "revenue")
    kept = loaded.rows("select customer_id, count(*), sum(amount)::text from staging.revenue group by 1 order by 1")
    assert kept == [("cust-1", 1, "5.00"), (begun.token, 2, "20.00")]
    assert len(ids & {key for (key,) in loaded.rows("select transaction_id from staging.revenue")}) == 1
    assert found_in_tables(loaded) == []
    assert found_in_lake(loaded) == []
    assert loaded.broken_invariants("revenue") == []


def test_the_same_bytes_and_another_file_do_not_bring_the_person_back(loaded):
    begun, _ = erased(loaded)
    replay(loaded, "revenue")
    loaded.load("customers", "old.csv", CUSTOMERS + ME + OTHER + REJECTED + WITHOUT_ID + BROKEN, share=1.0)
    loaded.load("customers", "copy.csv", CUSTOMERS + ME + OTHER)
    again = loaded.load("revenue", "again.csv", SALES + SOLD)
    fresh = loaded.load("revenue", "fresh.csv", SALES + f"2024-04-01,7.00,{PERSON},paid\n")
    assert (again.staged, again.duplicates) == (0, 3), "the same sales under another name are the same sales"
    assert fresh.staged == 1
    assert loaded.value("select customer_id from staging.revenue where amount = 7") == begun.token
    assert found_in_tables(loaded) == []
    assert found_in_lake(loaded) == []
    changed = loaded.value(f"select rows from ops.erased_files where sha256 = '{fresh.sha256}'")
    assert changed == 1


def test_what_is_archived_still_reads_row_for_row(loaded):
    erased(loaded)
    load = loaded.load_file(loaded.drop("customers", "old.csv", b"unused"), share=1.0)
    assert load.status == "refused", "other bytes are another version"
    sha256 = loaded.value("select sha256 from ops.loads where file = 'old.csv' and status = 'replaced'")
    again = loaded.load("customers", "copy.csv", (loaded.folder / "lake/raw" / sha256[:2] / sha256).read_bytes(), 1.0)
    assert (again.rows_in_file, again.quarantined) == (5, 3)
    assert loaded.reasons("customers")[3] == ["updated_at_valid"]
    assert loaded.value("select _extra from raw.customers where segment = 'smb' and customer_id = 'cust-1' limit 1")


FORMS = {
    "semicolons.csv": lambda: (CUSTOMERS + ME + OTHER).replace(",", ";").encode("utf-16"),
    "packed.csv.gz": lambda: gzip.compress((CUSTOMERS + ME + OTHER).encode()),
    "lines.jsonl": lambda: b"".join(
        json.dumps(dict(zip(CUSTOMERS.strip().split(","), line.strip().split(","), strict=True))).encode() + b"\n"
        for line in (ME, OTHER)
    ),
    "columns.parquet": lambda: _parquet(),
    "book.xlsx": lambda: xlsx([line.strip().split(",") for line in (CUSTOMERS, ME, OTHER)])(),
}


def _parquet():
    import pyarrow.csv
    import pyarrow.parquet

    sink = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.csv.read_csv(io.BytesIO((CUSTOMERS + ME + OTHER).encode())), sink)
    return sink.getvalue()


@pytest.mark.parametrize("name", FORMS)
def test_a_file_of_any_form_is_redacted_and_reads_as_before(warehouse, name):
    load = warehouse.load("customers", name, FORMS[name]())
    assert load.staged == 2
    begun, files = erased(warehouse)
    assert files["archived files"] == 1
    assert found_in_lake(warehouse) == []
    archived = archived_path(load, warehouse.folder / "lake")
    (warehouse.folder / "landing" / "customers" / name).unlink()
    again = warehouse.load("customers", f"again-{name}", archived.read_bytes())
    assert (again.staged, again.duplicates) == (0, 2)
    extras = [
        json.loads(extra or "{}") for (extra,) in warehouse.rows("select _extra from raw.customers order by _row_id")
    ]
    assert extras == [{}, {"remark": "fine"}, {"remark": ""}, {"remark": "fine"}]
    assert warehouse.value("select count(*) from staging.customers") == 2
    assert begun.token in archived.read_text(encoding="utf-8-sig")


@pytest.mark.parametrize(("row", "rows"), [(3, None), (2, 2)])
def test_a_header_further_down_stays_where_the_contract_says(warehouse, row, rows):
    customers = warehouse.contracts["customers"]
    dialect = replace(customers.dialect, header_row=row, header_rows=rows)
    warehouse.contracts = {**warehouse.contracts, "customers": replace(customers, dialect=dialect)}
    below = ",,,,,,\n" * ((rows or 1) - 1)
    load = warehouse.load("customers", "a.csv", "title\n" * (row - 1) + CUSTOMERS + below + ME + OTHER)
    assert load.staged == 2, load.reason
    erased(warehouse)
    again = warehouse.load("customers", "b.csv", archived_path(load, warehouse.folder / "lake").read_bytes())
    assert (again.rows_in_file, again.duplicates) == (2, 2), again.reason
    assert found_in_lake(warehouse) == []


def test_an_erasure_that_was_cut_off_is_finished_without_knowing_the_person(loaded):
    contracts, lake = loaded.contracts.values(), loaded.folder / "lake"
    erase(loaded.connection, contracts, PERSON, "tester", lake, "UTC")
    assert found_in_tables(loaded) == [], "gone from every table at once"
    assert found_in_lake(loaded) != []
    replay(loaded, "revenue")
    assert found_in_tables(loaded) == [], "also if a file is read again before the lake is done"
    finish(loaded.connection, contracts, lake, loaded.engine())
    assert found_in_lake(loaded) == []
    assert finish(loaded.connection, contracts, lake, loaded.engine()) == {}


def test_a_person_is_erased_twice_with_one_token(loaded):
    first, _ = erased(loaded)
    second, _ = erased(loaded)
    assert (second.token, second.counts) == (first.token, {})


def test_the_status_of_a_rejected_row_goes_on_under_its_new_text(loaded):
    loaded.connection.execute("update ops.quarantine_rows set first_seen_at = '2020-01-01'")
    erased(loaded)
    lost = """select count(*) from quarantine.customers as bad left join ops.quarantine_rows as known
              on known.fingerprint = bad._fingerprint and first_seen_at = '2020-01-01' where quarantine_id is null"""
    assert loaded.value(lost) == 0


def test_not_even_the_hash_of_a_rejected_text_stays_once_its_row_was_mended(warehouse):
    warehouse.load("customers", "a.csv", CUSTOMERS + REJECTED + OTHER, share=1.0)
    [(hashed,)] = warehouse.rows("select fingerprint from ops.quarantine_rows")
    warehouse.load("customers", "a.csv", CUSTOMERS + ME + OTHER)
    erased(warehouse)
    [(status, now)] = warehouse.rows("select status, fingerprint from ops.quarantine_rows")
    assert status == "fixed"
    assert now != hashed


def test_files_of_the_landing_folder_are_named_and_left_alone(loaded):
    erased(loaded)
    files = [
        loaded.drop("customers", "mine.csv", CUSTOMERS + ME),
        loaded.drop("customers", "clean.csv", CUSTOMERS + OTHER),
    ]
    known = erased_so_far(loaded.connection, loaded.folder / "lake")
    assert still_holding(loaded.contracts, files, known, loaded.engine()) == [files[0].path]
    assert PERSON in files[0].path.read_text()


def test_nobody_is_entered_for_an_id_that_is_nowhere(loaded):
    begun, _ = erased(loaded, "nobody-at-all")
    assert begun.counts == {}
    assert forget_if_nowhere(loaded.connection, begun.token)
    assert loaded.value("select count(*) from ops.erasures") == 0


def test_neither_the_warehouse_nor_the_salt_alone_tells_who_was_erased(loaded):
    import hashlib

    erased(loaded)
    person = loaded.value("select person from ops.erasures")
    assert person not in (hashlib.sha256(PERSON.encode()).hexdigest(), hashlib.md5(PERSON.encode()).hexdigest())
    salt = loaded.folder / "lake" / ".erasure_salt"
    assert salt.stat().st_mode & 0o077 == 0
