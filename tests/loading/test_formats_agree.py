"""Law 1 for every format: the same cells as text, JSON Lines, Parquet or a workbook end in the same rows."""

from __future__ import annotations

import csv
import io
import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st
from loading.hostile_cells import SOURCES
from loading.hostile_drawings import files
from loading.test_conservation import PROFILE, quick
from searches import searching

IN_ANY_FORMAT = re.compile(r"[^\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]*")
"""Texts that XML has a place for, and whose line ends no format changes."""


def as_csv(names, rows):
    text = io.StringIO()
    csv.writer(text).writerows([names, *rows])
    return text.getvalue().encode()


def as_json_lines(names, rows):
    return "".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows).encode()


def as_parquet(names, rows):
    import pyarrow as pa
    import pyarrow.parquet

    sink = io.BytesIO()
    columns = list(zip(*rows, strict=True))
    pa.parquet.write_table(pa.table({name: list(texts) for name, texts in zip(names, columns, strict=True)}), sink)
    return sink.getvalue()


def as_workbook(names, rows):
    import openpyxl

    book, sink = openpyxl.Workbook(), io.BytesIO()
    for at, row in enumerate([names, *rows], 1):
        for column, text in enumerate(row, 1):
            cell = book.active.cell(at, column, text)
            cell.data_type = "s"
    book.save(sink)
    return sink.getvalue()


FORMATS = {"a.csv": as_csv, "a.jsonl": as_json_lines, "a.parquet": as_parquet, "a.xlsx": as_workbook}


@searching(short=2, long=12)
def test_the_same_cells_in_any_format_are_the_same_rows(warehouse, tries):
    @settings(PROFILE, max_examples=tries)
    @given(name_of_source=st.sampled_from(list(SOURCES)), data=st.data())
    def search(name_of_source, data):
        source = SOURCES[name_of_source]
        drawn = data.draw(files(source, most_rows=8), label="file")
        names = [column.name for column in drawn.columns]
        texts = [[cell.text for cell in row] for row in drawn.cells]
        rows = [row for row in texts if any(text.strip() for text in row) and all(map(IN_ANY_FORMAT.fullmatch, row))]
        if not rows:
            return
        found = set()
        for name, written in FORMATS.items():
            quickly = quick(warehouse)
            load = quickly.load(source.name, name, written(names, rows), share=1.0)
            counts = (load.status, load.rows_in_file, load.staged, load.quarantined, load.duplicates)
            found.add((counts, quickly.content(source.name), str(sorted(quickly.reasons(source.name).items()))))
            assert load.status == "refused" or load.rows_in_file == len(rows)
        assert len(found) == 1, found

    search()
