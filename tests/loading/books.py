"""Workbooks written by hand, to the byte where a library would not write them wrong."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

ROWS = [["date", "amount", "customer_id", "status"], ["2024-01-02", 10.5, "C1", "paid"]]
_PLAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PLAIN_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = (
    f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
    'package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName='
    '"/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>'
    "</Types>"
)


def zipped(members: dict[str, str | bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def xlsx(*sheets: Sequence[Sequence[Any]], change: Callable[[Any], None] | None = None) -> Callable[[], bytes]:
    """A workbook with these sheets, called S1, S2, ...; `change` may do anything to it before it is saved."""

    def content() -> bytes:
        import openpyxl

        book = openpyxl.Workbook()
        book.remove(book.active)
        for number, rows in enumerate(sheets or [ROWS], 1):
            sheet = book.create_sheet(f"S{number}")
            for row in rows:
                sheet.append(list(row))
        if change:
            change(book)
        sink = io.BytesIO()
        book.save(sink)
        return sink.getvalue()

    return content


def xls(rows: Sequence[Sequence[Any]] = ROWS, change: Callable[[Any, Any], None] | None = None) -> Callable[[], bytes]:
    """A legacy workbook with one sheet."""

    def content() -> bytes:
        import xlwt

        book = xlwt.Workbook()
        sheet, day = book.add_sheet("S1"), xlwt.easyxf(num_format_str="yyyy-mm-dd")
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                sheet.write(at, column, value, *([day] if isinstance(value, datetime.date) else []))
        if change:
            change(book, sheet)
        sink = io.BytesIO()
        book.save(sink)
        return sink.getvalue()

    return content


def xml_rows(*rows: Sequence[str], prefix: str = "") -> str:
    """Rows of a sheet, each cell given as its XML."""
    tag = f"{prefix}row"
    return "".join(f'<{tag} r="{at}">{"".join(cells)}</{tag}>' for at, cells in enumerate(rows, 1))


def text(value: str, prefix: str = "") -> str:
    return f'<{prefix}c t="inlineStr"><{prefix}is><{prefix}t>{value}</{prefix}t></{prefix}is></{prefix}c>'


def raw_xlsx(rows: str = "", *, strict: bool = False, prefix: str = "") -> Callable[[], bytes]:
    """A workbook of the smallest number of parts, whose sheet holds these rows of XML."""
    main, links = (_STRICT, _STRICT_LINKS) if strict else (_PLAIN, _PLAIN_LINKS)
    given = rows or xml_rows(
        [text(name, prefix) for name in ROWS[0]], [text(str(value), prefix) for value in ROWS[1]], prefix=prefix
    )
    space = f'xmlns:{prefix[:-1]}="{main}"' if prefix else f'xmlns="{main}"'
    link = f'<Relationship Id="r1" Type="{links}/{{}}" Target="{{}}"/></Relationships>'
    relations = f'<Relationships xmlns="{_PACKAGE}/relationships">'
    sheets = f'<{prefix}sheets><{prefix}sheet name="S1" sheetId="1" r:id="r1"/></{prefix}sheets>'
    return lambda: zipped(
        {
            "[Content_Types].xml": _TYPES,
            "_rels/.rels": relations + link.format("officeDocument", "xl/workbook.xml"),
            "xl/workbook.xml": f'<{prefix}workbook {space} xmlns:r="{links}">{sheets}</{prefix}workbook>',
            "xl/_rels/workbook.xml.rels": relations + link.format("worksheet", "worksheets/sheet1.xml"),
            "xl/worksheets/sheet1.xml": f"<{prefix}worksheet {space}><{prefix}sheetData>{given}</{prefix}sheetData>"
            f"</{prefix}worksheet>",
        }
    )


_OFFICE = "urn:oasis:names:tc:opendocument:xmlns"


def ods(*rows: Sequence[str], manifest: str = "") -> Callable[[], bytes]:
    """An OpenDocument workbook, each cell given as its attributes and its text, divided by `|`."""
    table = "".join(f"<table:table-row>{''.join(map(_ods_cell, cells))}</table:table-row>" for cells in rows)
    content = (
        f'<office:document-content xmlns:office="{_OFFICE}:office:1.0" xmlns:table="{_OFFICE}:table:1.0" '
        f'xmlns:text="{_OFFICE}:text:1.0" xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:'
        'calcext:1.0"><office:body><office:spreadsheet><table:table table:name="S1">'
        f"{table}</table:table></office:spreadsheet></office:body></office:document-content>"
    )
    return lambda: zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_OFFICE}:manifest:1.0">{manifest}'
            "</manifest:manifest>",
            "content.xml": content,
        }
    )


def _ods_cell(cell: str) -> str:
    attributes, _, shown = cell.rpartition("|")
    given = attributes or 'office:value-type="string"'
    return f"<table:table-cell {given}><text:p>{shown}</text:p></table:table-cell>"


def renamed_stream(name: str) -> Callable[[], bytes]:
    """A legacy container whose only stream is called something else than a workbook."""

    def content() -> bytes:
        made, old = bytearray(xls()()), "Workbook".encode("utf-16-le")
        at = made.index(old)
        made[at : at + 64] = name.encode("utf-16-le").ljust(64, b"\0")
        made[at + 64 : at + 66] = (2 * len(name) + 2).to_bytes(2, "little")
        return bytes(made)

    return content


def with_password() -> bytes:
    """A legacy workbook whose second record says that it is encrypted."""
    made = bytearray(xls()())
    at = made.index(b"\x09\x08\x10\x00") + 20
    made[at : at + 2] = b"\x2f\x00"
    return bytes(made)


def lying_about_sizes() -> bytes:
    """A workbook whose sheet unpacks to 20 MB, and whose archive says one byte."""
    content = raw_xlsx(" " * (20 << 20))()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        size = archive.getinfo("xl/worksheets/sheet1.xml").file_size
    return content.replace(size.to_bytes(4, "little"), (1).to_bytes(4, "little"))
