"""Hostile JSON, Parquet and compressed files, made when they are needed."""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from loading.corpus import GOOD, HEADER, LOADED, NONE, NORMALISED, ONE, OTHER, QUARANTINED, REFUSED, Case

from echo_quality.contract import Dialect
from echo_quality.loading.limits import Limits

RECORD = {"date": "2024-01-02", "amount": 10.5, "customer_id": "C1", "status": "paid"}
SECOND = {**RECORD, "customer_id": "C2"}
TWO = (2, 2, 0, 0)
HALF = (2, 1, 1, 0)
LOST = (1, 0, 1, 0)


def lines(*records: object) -> str:
    return "".join(f"{record if isinstance(record, str) else json.dumps(record)}\n" for record in records)


def parquet(**columns: Any) -> Callable[[], bytes]:
    """A Parquet file of good rows, with columns added or replaced."""

    def content() -> bytes:
        import pyarrow as pa
        import pyarrow.parquet

        made = {name: values() if callable(values) else values for name, values in columns.items()}
        rows = len(next(iter(made.values()), [1]))
        usual = {name: [value] * rows for name, value in RECORD.items()}
        sink = io.BytesIO()
        pa.parquet.write_table(pa.table({**usual, **made}), sink)
        return sink.getvalue()

    return content


def typed(values: list[Any], kind: str, *arguments: Any) -> Callable[[], Any]:
    """A column of a type of Arrow, given by the name of the function that makes it."""

    def column() -> Any:
        import pyarrow as pa

        return pa.array(values, getattr(pa, kind)(*arguments))

    return column


def dictionary() -> Any:
    import pyarrow as pa

    return pa.array(["C1", "C2"]).dictionary_encode()


def structs() -> Any:
    import pyarrow as pa

    return pa.array([{"street": "High St", "number": 1}], pa.struct([("street", pa.string()), ("number", pa.int64())]))


def cut(content: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: content()[:-100]


def zipped(name: str) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr(name, HEADER + GOOD)
    return sink.getvalue()


def spoilt_checksum() -> bytes:
    content = bytearray(gzip.compress((HEADER + GOOD).encode()))
    content[-6] ^= 0xFF
    return bytes(content)


JSON = {
    "an array": Case("a.json", json.dumps([RECORD, SECOND], indent=2), NORMALISED, TWO, customers=("C1", "C2")),
    "an array after a mark and a blank line": Case("a.json", "\ufeff\n" + json.dumps([RECORD]), NORMALISED, ONE),
    "an array that is cut off": Case("a.json", json.dumps([RECORD, SECOND])[:-9], REFUSED, NONE, "not a readable JSON array"),
    "an empty array": Case("a.json", "[]", REFUSED, NONE, "no JSON object"),
    "an array of numbers": Case("a.json", "[1, 2]", REFUSED, NONE, "no JSON object"),
    "an array with one element that is no object": Case("a.json", json.dumps([RECORD, 5]), QUARANTINED, HALF, "no JSON object"),
    "an array in which a key appears twice": Case("a.json", f'[{json.dumps(RECORD)}, {{"date": "2024-01-02", "amount": 1, "amount": 2, "customer_id": "C9", "status": "paid"}}]', QUARANTINED, HALF, "names a key twice"),
    "an array with a number beyond 2^53": Case("a.json", '[{"date": "2024-01-02", "amount": 10, "customer_id": 9007199254740993, "status": "paid"}]', NORMALISED, ONE, customers=("9007199254740993",)),
    "two arrays": Case("a.json", json.dumps([RECORD]) + "\n" + json.dumps([SECOND]), REFUSED, NONE, "not a readable JSON array"),
    "an object over several lines": Case("a.json", json.dumps(RECORD, indent=2), REFUSED, NONE, "no JSON object"),
    "a number beyond 2^53": Case("a.jsonl", lines('{"date": "2024-01-02", "amount": 10, "customer_id": 90071992547409930001, "status": "paid"}'), NORMALISED, ONE, customers=("90071992547409930001",)),
    "a number as it is written": Case("a.jsonl", lines('{"date": "2024-01-02", "amount": 10.10, "customer_id": 1.50, "status": "paid"}'), NORMALISED, ONE, customers=("1.50",)),
    "a number with an exponent": Case("a.jsonl", lines('{"date": "2024-01-02", "amount": 1e3, "customer_id": "C1", "status": "paid"}'), QUARANTINED, LOST, "amount_valid"),
    "not a number": Case("a.jsonl", lines('{"date": "2024-01-02", "amount": NaN, "customer_id": "C1", "status": "paid"}'), QUARANTINED, LOST, "amount_valid"),
    "true for an amount": Case("a.jsonl", lines({**RECORD, "amount": True}), QUARANTINED, LOST, "amount_valid"),
    "a nested value in an unknown key": Case("a.jsonl", lines({**RECORD, "address": {"city": "Bonn", "lines": [1, 2]}}), NORMALISED, ONE),
    "a nested value in a known key": Case("a.jsonl", lines('{"date": "2024-01-02", "amount": 10, "customer_id": {"id": 7.50, "of": [1]}, "status": "paid"}'), NORMALISED, ONE, customers=('{"id": 7.50, "of": [1]}',)),
    "keys in another order, and missing": Case("a.jsonl", lines(RECORD, dict(reversed(list(SECOND.items()))), {"date": "2024-01-02", "amount": 1}), QUARANTINED, (3, 2, 1, 0), "status_not_null"),
    "null": Case("a.jsonl", lines({**RECORD, "customer_id": None}), QUARANTINED, LOST, "customer_id_not_null"),
    "a mark before json lines": Case("a.jsonl", "\ufeff" + lines(RECORD), NORMALISED, ONE),
    "json lines in utf-16": Case("a.jsonl", lines({**RECORD, "customer_id": "Müller"}).encode("utf-16"), NORMALISED, ONE, customers=("Müller",)),
    "json lines in latin-1": Case("a.jsonl", json.dumps({**RECORD, "customer_id": "Müller"}, ensure_ascii=False).encode("latin-1"), NORMALISED, ONE, customers=("Müller",)),
    "json lines with windows line ends": Case("a.ndjson", lines(RECORD, SECOND).replace("\n", "\r\n"), NORMALISED, TWO),
    "commas after json lines": Case("a.jsonl", json.dumps(RECORD) + ",\n" + json.dumps(SECOND) + "\n", QUARANTINED, HALF, "no JSON object"),
    "scalars between json lines": Case("a.jsonl", lines(RECORD, "5", '"x"', "null"), QUARANTINED, (4, 1, 3, 0), "no JSON object"),
    "a json line without end": Case("a.jsonl", lines(RECORD, {**SECOND, "note": "z" * 3_000}), QUARANTINED, HALF, "ECHO_MAX_LINE_CHARACTERS=2000", limits=Limits(line_characters=2_000)),
    "a json value without end": Case("a.jsonl", lines(RECORD, {**SECOND, "status": "z" * 3_000}), QUARANTINED, HALF, "ECHO_MAX_FIELD_CHARACTERS=2000", limits=Limits(field_characters=2_000)),
    "too many json keys": Case("a.jsonl", lines({f"k{at}": 1 for at in range(1_001)}), REFUSED, NONE, "ECHO_MAX_COLUMNS=1000"),
    "csv called json": Case("a.json", HEADER + GOOD, REFUSED, NONE, "no JSON object"),
    "gzipped json lines": Case("a.jsonl.gz", gzip.compress(lines(RECORD).encode()), NORMALISED, ONE),
}  # fmt: skip

PARQUET = {
    "parquet": Case("a.parquet", parquet(), LOADED, ONE, customers=("C1",)),
    "parquet called csv": Case("a.csv", parquet(quantity=[1]), LOADED, ONE),
    "parquet that is cut off": Case("a.parquet", cut(parquet()), REFUSED, NONE, "Parquet"),
    "parquet without rows": Case("a.parquet", parquet(product=typed([], "string")), LOADED, NONE),
    "parquet with decimals": Case("a.parquet", parquet(amount=[Decimal("10.50"), Decimal("0.01")]), LOADED, TWO),
    "parquet with a float that is no decimal": Case("a.parquet", parquet(amount=[0.1 + 0.2, 0.3]), QUARANTINED, HALF, "amount_valid"),
    "parquet with moments in a zone": Case("a.parquet", parquet(date=typed([1704236400_000_000], "timestamp", "us", "America/New_York")), LOADED, ONE),
    "parquet with a dictionary": Case("a.parquet", parquet(customer_id=dictionary), LOADED, TWO, customers=("C1", "C2")),
    "parquet with an optional column of nothing": Case("a.parquet", parquet(product=typed([None], "null")), LOADED, ONE),
    "parquet with a required column of nothing": Case("a.parquet", parquet(customer_id=typed([None], "null")), QUARANTINED, LOST, "customer_id_not_null"),
    "parquet with a nested column": Case("a.parquet", parquet(address=structs), NORMALISED, ONE),
    "parquet with a list": Case("a.parquet", parquet(product=[["a", 'b"']]), LOADED, ONE),
    "parquet with bytes that are text": Case("a.parquet", parquet(customer_id=[b"M\xc3\xbcller"]), LOADED, ONE, customers=("Müller",)),
    "parquet with bytes that are no text": Case("a.parquet", parquet(customer_id=[b"\xff\xfe"]), REFUSED, NONE, "Parquet"),
    "parquet with a NUL": Case("a.parquet", parquet(customer_id=["C\x001", "C2"]), QUARANTINED, HALF, "NUL", ("C2",)),
    "parquet with line ends and quotes": Case("a.parquet", parquet(customer_id=['C"\n1', "C\r2"]), LOADED, TWO, customers=('C"\n1', "C\r2")),
    "parquet with too many columns": Case("a.parquet", parquet(**{f"c{at}": [1] for at in range(30)}), REFUSED, NONE, "ECHO_MAX_COLUMNS=20", limits=Limits(columns=20)),
    "parquet that is a bomb": Case("a.parquet", parquet(quantity=typed([1] * 300_000, "int8")), REFUSED, NONE, "ECHO_MAX_UNPACKED_MB=1", limits=Limits(unpacked_mb=1)),
}  # fmt: skip

PACKED = {
    "gzip in two members": Case("a.csv.gz", gzip.compress((HEADER + GOOD).encode()) + gzip.compress(OTHER.encode()), LOADED, TWO),
    "gzip called csv": Case("a.csv", gzip.compress((HEADER + GOOD).encode()), LOADED, ONE),
    "csv called gzip": Case("a.csv.gz", HEADER + GOOD, LOADED, ONE),
    "gzip with a wrong checksum": Case("a.csv.gz", spoilt_checksum, REFUSED, NONE, "gzip file is damaged"),
    "gzip with something after it": Case("a.csv.gz", gzip.compress((HEADER + GOOD).encode()) + b"junk", REFUSED, NONE, "gzip file is damaged"),
    "gzip of nothing": Case("a.csv.gz", gzip.compress(b""), REFUSED, NONE, "empty"),
    "gzip within gzip": Case("a.csv.gz", gzip.compress(gzip.compress((HEADER + GOOD).encode())), REFUSED, NONE, "gzipped twice"),
    "gzip of utf-16": Case("a.csv.gz", gzip.compress((HEADER + GOOD).encode("utf-16")), NORMALISED, ONE),
    "gzip of parquet": Case("a.parquet.gz", lambda: gzip.compress(parquet()()), LOADED, ONE),
    "gzip that is a bomb": Case("a.csv.gz", lambda: gzip.compress(bytes(20 << 20)), REFUSED, NONE, "ECHO_MAX_UNPACKED_RATIO=250"),
    "gzip that is too large": Case("a.csv.gz", lambda: gzip.compress(bytes(3 << 20)), REFUSED, NONE, "ECHO_MAX_UNPACKED_MB=2", limits=Limits(unpacked_mb=2)),
    "bzip2 of a table": Case("a.csv.bz2", bz2.compress((HEADER + GOOD).encode()), REFUSED, NONE, "bzip2"),
    "xz": Case("a.csv.xz", lzma.compress((HEADER + GOOD).encode()), REFUSED, NONE, "xz"),
    "zstd": Case("a.csv.zst", b"\x28\xb5\x2f\xfd\x20\x00", REFUSED, NONE, "zstd"),
    "7-zip": Case("a.7z", b"7z\xbc\xaf\x27\x1c", REFUSED, NONE, "7-zip"),
    "rar": Case("a.rar", b"Rar!\x1a\x07\x01\x00", REFUSED, NONE, "RAR"),
    "zip": Case("a.zip", zipped("a.csv"), REFUSED, NONE, "zip archives are not read"),
    "zip with a path that leads out": Case("a.zip", zipped("../../../../etc/cron.d/a"), REFUSED, NONE, "zip archives are not read"),
    "zip of nothing": Case("a.zip", b"PK\x05\x06" + bytes(18), REFUSED, NONE, "zip"),
    "a database": Case("a.csv", b"SQLite format 3\x00" + bytes(84), REFUSED, NONE, "SQLite"),
    "a pdf": Case("a.csv", b"%PDF-1.7\n", REFUSED, NONE, "PDF"),
    "a program": Case("a.csv", b"\x7fELF\x02\x01\x01" + bytes(range(256)), REFUSED, NONE),
    "gzip under a declared encoding": Case("a.csv.gz", gzip.compress((HEADER + "T1,2024-01-02,1,Иван,paid\n").encode("cp1251")), NORMALISED, ONE, customers=("Иван",), dialect=Dialect(encoding="cp1251")),
}  # fmt: skip

CASES = JSON | PARQUET | PACKED
