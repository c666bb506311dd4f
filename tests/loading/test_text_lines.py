"""Awkward texts are rewritten alike wherever a piece of them ends, and plain lines as if each had been read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from echo_quality.loading import awkward_text, encodings, text_lines
from echo_quality.loading.encodings import encoding_of
from echo_quality.loading.header import HeaderMatch
from echo_quality.loading.limits import Limits
from echo_quality.loading.refusal import RefusedFile
from echo_quality.loading.text_table import TextTableWriter

LIMITS = Limits(line_characters=30, field_characters=12)
TEXTS = st.text(st.sampled_from('ab,,,"\n\n\r\0é'), max_size=80)
USUAL = text_lines._PIECE
MATCH = HeaderMatch(columns=("x", "y"), unknown={}, renamed={}, dropped={})


def rewritten(folder: Path, text: str, piece: int) -> list[list[str]]:
    """The records of a text with the header `x,y`, read in pieces of that size."""
    source, text_lines._PIECE = folder / "a.csv", piece
    try:
        source.write_text("x,y\n" + text, encoding="utf-8", newline="")
        with_header = TextTableWriter(folder / "rows.csv", MATCH, {})
        table = awkward_text.rewrite(source, ",", with_header, 2, LIMITS)
    finally:
        text_lines._PIECE = USUAL
    csv.field_size_limit(10**6)
    with table.path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=table.delimiter))[1:]


def read_singly(text: str) -> list[list[str]]:
    """What every reader makes of a text without quotes and NUL: its lines, divided."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [line.split(",") for line in lines if line.strip() and line.count(",") == 1 and len(line) <= 12]


@settings(max_examples=150, deadline=None)
@given(text=TEXTS, piece=st.sampled_from([1, 2, 3, 7, 20]))
def test_where_a_piece_ends_makes_no_difference(tmp_path_factory, text, piece):
    folder = tmp_path_factory.mktemp("lines")
    assert rewritten(folder, text, piece) == rewritten(folder, text, USUAL)


@settings(max_examples=100, deadline=None)
@given(text=st.text(st.sampled_from("ab,,\n\r é"), max_size=60), piece=st.sampled_from([5, USUAL]))
def test_plain_lines_are_their_fields(tmp_path_factory, text, piece):
    records = rewritten(tmp_path_factory.mktemp("lines"), text, piece)
    whole = [record[:2] for record in records if not record[3] and len(",".join(record[:2])) <= 12]
    assert whole == read_singly(text)


@pytest.mark.parametrize("block", [8, 50, 1 << 20])
def test_an_encoding_is_told_wherever_a_block_ends(block, tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "_BLOCK", block)
    path = tmp_path / "a.csv"
    for content, name in {
        b"name\nM\xc3\xbcller\n" * 9: "utf-8",
        "name\nMüller\nCrème\n".encode("cp1252") * 9: "cp1252",
        b"": "utf-8",
    }.items():
        path.write_bytes(content)
        assert encoding_of(path, None).name == name
    path.write_bytes(b"name\n\xc8\xe2\xe0\xed\n" * 9)
    with pytest.raises(RefusedFile, match="declare its `encoding`"):
        encoding_of(path, None)
