"""Finding quotes that stand anywhere but around a whole field, also where a block of the file ends within one."""

from __future__ import annotations

import pytest

from echo_quality.loading import text_files
from echo_quality.loading.text_files import has_stray_quotes

PROPER = [
    b"", b"a,b\n1,2\n", b'"a",b\n"1,x","2""3"\n', b'"a\nb",c', b'""\n', b'a,""\n', b'""""""\n', b'"x"',
    b'\xef\xbb\xbf"x",y\r\n"z"', b'"a"\r"b"\r',
]  # fmt: skip
STRAY = [
    b'C"1",b\n', b'a,C""1\n', b'a, "x"\n', b'a,"x" \n', b'a,"x', b'a,x""\n', b'"x', b'"x"y', b'a,"', b'a,"b""',
    b'a|"b"', b'"a""b"c,d\n', b'a,b\n"c"d\n',
]  # fmt: skip


@pytest.fixture(params=[3, 7, 1 << 20], ids=["blocks of 3", "blocks of 7", "one block"])
def small_blocks(request, monkeypatch):
    monkeypatch.setattr(text_files, "BLOCK", request.param)


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("content", PROPER)
def test_quotes_around_whole_fields_are_proper(content, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    assert not has_stray_quotes(tmp_path / "a.csv", ",")


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("content", STRAY)
def test_any_other_quote_is_stray(content, tmp_path):
    (tmp_path / "a.csv").write_bytes(content)
    assert has_stray_quotes(tmp_path / "a.csv", ",")


@pytest.mark.parametrize("delimiter", [";", "\t", "|", "]", "^", "\\"])
def test_any_delimiter_ends_a_field(delimiter, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f'a{delimiter}"b,c"{delimiter}d\n')
    assert not has_stray_quotes(path, delimiter)
    assert has_stray_quotes(path, "~")
