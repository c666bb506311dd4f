"""Hostile workbooks: sheets, headers, cells without a value, passwords, bombs, and files of another kind."""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

import datetime

from loading.books import (
    ROWS,
    lying_about_sizes,
    ods,
    raw_xlsx,
    renamed_stream,
    text,
    with_password,
    xls,
    xlsx,
    xml_rows,
    zipped,
)  # fmt: skip
from loading.corpus import GOOD, HEADER, LOADED, NONE, NORMALISED, ONE, QUARANTINED, REFUSED, Case

from echo_quality.contract import Dialect
from echo_quality.loading.limits import Limits

TWO = (2, 2, 0, 0)
HALF = (2, 1, 1, 0)
LOST = (1, 0, 1, 0)
HEAD, FIRST = ROWS
SECOND = ["2024-01-03", 20, "C2", "paid"]
NOTES = [["a note"], ["to whom it may concern"]]
GROUPS = [["transaction", None, "customer", None], ["date", "amount", "id", "status"], FIRST]
XML_HEAD = [text(name) for name in HEAD]
DAY, CUSTOMER, PAID = text("2024-01-02"), text("C1"), text("paid")
ODS_HEAD = [f"|{name}" for name in HEAD]
FLOAT = 'office:value-type="float" office:value="10.5"'


def amount(cell: str):
    """A workbook whose only row has this XML for its amount."""
    return raw_xlsx(xml_rows(XML_HEAD, [DAY, cell, CUSTOMER, PAID]))


def hides(name: str, state: str = "hidden"):
    return lambda book: setattr(book[name], "sheet_state", state)


def merges(book) -> None:
    for cells in ("A1:B1", "C1:D1"):
        book["S1"].merge_cells(cells)


def merges_customers(book) -> None:
    book["S1"].merge_cells("C2:C3")


def hides_a_row(book) -> None:
    book["S1"].row_dimensions[2].hidden = True


def counts_from_1904(book) -> None:
    from openpyxl.utils.datetime import CALENDAR_MAC_1904

    book.epoch = CALENDAR_MAC_1904


def errs(column: int, error: str):
    def change(book) -> None:
        cell = book["S1"].cell(2, column)
        cell.value, cell.data_type = error, "e"

    return change


def legacy_error(book, sheet) -> None:
    sheet.row(2).set_cell_text(0, "2024-01-03")
    sheet.row(2).set_cell_error(1, "#DIV/0!")
    sheet.row(2).set_cell_text(2, "C2")
    sheet.row(2).set_cell_text(3, "paid")


def legacy_formula(book, sheet) -> None:
    import xlwt

    for column, value in enumerate(["2024-01-03", xlwt.Formula("10+10"), "C2", "paid"]):
        sheet.write(2, column, value)


SHEETS = {
    "a workbook": Case("a.xlsx", xlsx(), NORMALISED, ONE, customers=("C1",)),
    "a legacy workbook": Case("a.xls", xls([HEAD, [datetime.date(2024, 1, 2), 10.5, "C1", "paid"]]), NORMALISED, ONE, customers=("C1",)),
    "an open document": Case("a.ods", ods(ODS_HEAD, ["|2024-01-02", f"{FLOAT}|10,50", "|C1", "|paid"]), NORMALISED, ONE, customers=("C1",)),
    "a workbook called csv": Case("a.csv", xlsx([HEAD, FIRST, SECOND]), NORMALISED, TWO),
    "a csv called workbook": Case("a.xlsx", HEADER + GOOD, LOADED, ONE),
    "a legacy workbook called xlsx": Case("a.xlsx", xls(), NORMALISED, ONE),
    "a web page called workbook": Case("a.xls", "<html><table></table></html>", REFUSED, NONE, "HTML or XML"),
    "xml of 2003 called workbook": Case("a.xls", '\ufeff<?xml version="1.0"?><Workbook/>', REFUSED, NONE, "HTML or XML"),
    "a gzipped web archive": Case("a.xls", "MIME-Version: 1.0\nX-Document-Type: Workbook\n", REFUSED, NONE, "HTML or XML"),
    "one of two sheets fits": Case("a.xlsx", xlsx(NOTES, [HEAD, FIRST]), NORMALISED, ONE, customers=("C1",)),
    "two sheets fit": Case("a.xlsx", xlsx([HEAD, FIRST], [HEAD, SECOND]), REFUSED, NONE, "S1 and S2 all fit"),
    "two sheets fit, one is declared": Case("a.xlsx", xlsx([HEAD, FIRST], [HEAD, SECOND]), NORMALISED, ONE, customers=("C2",), dialect=Dialect(sheet="S2")),
    "two sheets fit, one is declared by position": Case("a.xlsx", xlsx([HEAD, FIRST], [HEAD, SECOND]), NORMALISED, ONE, customers=("C2",), dialect=Dialect(sheet=2)),
    "two sheets fit, one is empty": Case("a.xlsx", xlsx([HEAD], [HEAD, SECOND]), NORMALISED, ONE, customers=("C2",)),
    "two sheets fit, one is hidden": Case("a.xlsx", xlsx([HEAD, FIRST], [HEAD, SECOND], change=hides("S1")), NORMALISED, ONE, customers=("C2",)),
    "only a hidden sheet fits": Case("a.xlsx", xlsx(NOTES, [HEAD, FIRST], change=hides("S2", "veryHidden")), REFUSED, NONE, "only the hidden sheet S2"),
    "a hidden sheet is declared": Case("a.xlsx", xlsx(NOTES, [HEAD, FIRST], change=hides("S2")), NORMALISED, ONE, dialect=Dialect(sheet="S2")),
    "a declared sheet is not there": Case("a.xlsx", xlsx(), REFUSED, NONE, "no sheet 'Data' in the workbook; it has S1", dialect=Dialect(sheet="Data")),
    "no sheet fits": Case("a.xlsx", xlsx(NOTES), REFUSED, NONE, "sheet S1: required columns are missing"),
    "no cells": Case("a.xlsx", xlsx([]), REFUSED, NONE, "the workbook is empty"),
    "a sheet with a header only": Case("a.xlsx", xlsx([HEAD]), NORMALISED, NONE),
}  # fmt: skip

HEADERS = {
    "a title above the header": Case("a.xlsx", xlsx([["Sales 2024"], [], HEAD, FIRST]), REFUSED, NONE, "declare headerRow: 3"),
    "a declared title above the header": Case("a.xlsx", xlsx([["Sales 2024"], [], HEAD, FIRST]), NORMALISED, ONE, dialect=Dialect(header_row=3)),
    "a declared row beyond the sheet": Case("a.xlsx", xlsx(), REFUSED, NONE, "which has no such row", dialect=Dialect(header_row=30)),
    "empty rows and columns before the table": Case("a.xlsx", xlsx([[], [], [None, None, *HEAD], [None, None, *FIRST]]), NORMALISED, ONE, customers=("C1",)),
    "two header rows": Case("a.xlsx", xlsx([["transaction", None, "customer", None], ["date", "amount", "id", None], [*FIRST]]), REFUSED, NONE, "required columns are missing"),
    "two declared header rows, merged": Case("a.xlsx", xlsx([["transaction", None, None, "customer", None], ["id", "date", "amount", "id", "status"], ["T1", *FIRST]], change=lambda book: book["S1"].merge_cells("A1:B1")), NORMALISED, ONE, customers=("C1",), dialect=Dialect(header_rows=2)),
    "two declared header rows, merged too far": Case("a.xlsx", xlsx(GROUPS, change=merges), REFUSED, NONE, "customer status", dialect=Dialect(header_rows=2)),
    "an error in the header": Case("a.xlsx", raw_xlsx(xml_rows([*XML_HEAD, '<c t="e"><v>#REF!</v></c>'], [DAY, "<c><v>10</v></c>", CUSTOMER, PAID])), REFUSED, NONE, "the header has a cell with an error"),
    "too many columns in a sheet": Case("a.xlsx", xlsx([[*HEAD, *(f"c{at}" for at in range(20))], FIRST]), REFUSED, NONE, "ECHO_MAX_COLUMNS=20", limits=Limits(columns=20)),
}  # fmt: skip

CELLS = {
    "a formula with its value": Case("a.xlsx", amount("<c><f>5+5</f><v>10</v></c>"), NORMALISED, ONE),
    "a formula without a value": Case("a.xlsx", amount("<c><f>5+5</f></c>"), QUARANTINED, LOST, "column 2 holds a formula without a stored value"),
    "a formula without a value, written by a library": Case("a.xlsx", xlsx([HEAD, FIRST, ["2024-01-03", "=10+10", "C2", "paid"]]), QUARANTINED, HALF, "formula without a stored value", ("C1",)),
    "a formula whose value is an empty text": Case("a.xlsx", amount('<c t="str"><f>IF(1,"","")</f><v></v></c>'), QUARANTINED, LOST, "amount_not_null"),
    "a formula without a value in a column of nobody": Case("a.xlsx", xlsx([[*HEAD, "note"], [*FIRST, "=1+1"]]), NORMALISED, ONE),
    "a legacy formula without a value": Case("a.xls", xls(change=legacy_formula), QUARANTINED, HALF, "formula without a stored value", ("C1",)),
    "an open formula without a value": Case("a.ods", ods(ODS_HEAD, ["|2024-01-02", 'table:formula="of:=5+5"|', "|C1", "|paid"]), QUARANTINED, LOST, "formula without a stored value"),
    "an error for an amount": Case("a.xlsx", amount('<c t="e"><f>1/0</f><v>#DIV/0!</v></c>'), QUARANTINED, LOST, "column 2 holds #DIV/0!"),
    "an error for a customer": Case("a.xlsx", xlsx([HEAD, FIRST, SECOND], change=errs(3, "#REF!")), QUARANTINED, HALF, "column 3 holds #REF!", ("C2",)),
    "an error in a column of nobody": Case("a.xlsx", xlsx([[*HEAD, "note"], [*FIRST, "x"]], change=errs(5, "#N/A")), NORMALISED, ONE),
    "a legacy error": Case("a.xls", xls(change=legacy_error), QUARANTINED, HALF, "column 2 holds #DIV/0!", ("C1",)),
    "an open error": Case("a.ods", ods(ODS_HEAD, ["|2024-01-02", 'table:formula="of:=1/0" office:value-type="string" office:string-value="" calcext:value-type="error"|#DIV/0!', "|C1", "|paid"]), QUARANTINED, LOST, "#DIV/0!"),
    "dates as numbers": Case("a.xlsx", xlsx([HEAD, [45293, 10, "C1", "paid"]]), QUARANTINED, LOST, "transaction_date_valid"),
    "dates and moments as dates": Case("a.xlsx", xlsx([HEAD, [datetime.date(2024, 1, 2), 10, "C1", "paid"], [datetime.datetime(2024, 1, 3, 4, 5, 6), 10, "C2", "paid"]]), NORMALISED, TWO),
    "dates counted from 1904": Case("a.xlsx", xlsx([HEAD, [datetime.date(2024, 1, 2), 10, "C1", "paid"]], change=counts_from_1904), NORMALISED, ONE),
    "a time for a date": Case("a.xlsx", xlsx([HEAD, [datetime.time(10, 30), 10, "C1", "paid"]]), QUARANTINED, LOST, "transaction_date_valid"),
    "an id of more digits than excel has": Case("a.xlsx", xlsx([HEAD, ["2024-01-02", 10, 12345678901234567890, "paid"]]), QUARANTINED, LOST, "more than 15 digits"),
    "an amount that was computed": Case("a.xlsx", xlsx([HEAD, ["2024-01-02", 10.1 * 3, "C1", "paid"]]), NORMALISED, ONE),
    "an id as a number": Case("a.xlsx", xlsx([HEAD, ["2024-01-02", 10, 7, "paid"]]), NORMALISED, ONE, customers=("7",)),
    "an id as text with zeros": Case("a.xlsx", xlsx([HEAD, ["2024-01-02", 10, "007", "paid"]]), NORMALISED, ONE, customers=("007",)),
    "true for an amount in a cell": Case("a.xlsx", xlsx([HEAD, ["2024-01-02", True, "C1", "paid"]]), QUARANTINED, LOST, "amount_valid"),
    "hidden rows": Case("a.xlsx", xlsx([HEAD, FIRST, SECOND], change=hides_a_row), NORMALISED, TWO),
    "rows between which nothing stands": Case("a.xlsx", xlsx([HEAD, FIRST, [], [None, "", None], SECOND]), NORMALISED, TWO),
    "a cell beside the table": Case("a.xlsx", xlsx([HEAD, FIRST, [*SECOND, "see note"]]), QUARANTINED, HALF, "a cell beside the table, which has 4 columns"),
    "merged cells below the header": Case("a.xlsx", xlsx([HEAD, FIRST, ["2024-01-03", 20, None, "paid"]], change=merges_customers), QUARANTINED, HALF, "customer_id_not_null"),
    "a formula as text": Case("a.xlsx", raw_xlsx(xml_rows(XML_HEAD, [DAY, "<c><v>10</v></c>", text("=1+1"), PAID])), NORMALISED, ONE, customers=("=1+1",)),
    "a totals row in a sheet": Case("a.xlsx", xlsx([HEAD, FIRST, ["Total", 10.5]]), QUARANTINED, HALF, "customer_id_not_null"),
    "a cell without end": Case("a.xlsx", xlsx([HEAD, FIRST, ["2024-01-03", 20, "C" * 600, "paid"]]), QUARANTINED, HALF, "ECHO_MAX_FIELD_CHARACTERS=500", limits=Limits(field_characters=500)),
}  # fmt: skip

FILES = {
    "strict ooxml": Case("a.xlsx", raw_xlsx(strict=True), NORMALISED, ONE),
    "ooxml with prefixes": Case("a.xlsx", raw_xlsx(prefix="x:"), NORMALISED, ONE),
    "strict ooxml with prefixes and an error": Case("a.xlsx", raw_xlsx(xml_rows([text(name, "x:") for name in HEAD], [text("2024-01-02", "x:"), '<x:c t="e"><x:v>#N/A</x:v></x:c>', text("C1", "x:"), text("paid", "x:")], prefix="x:"), strict=True, prefix="x:"), QUARANTINED, LOST, "#N/A"),
    "a workbook with a password": Case("a.xlsx", renamed_stream("EncryptedPackage"), REFUSED, NONE, "has a password"),
    "a legacy workbook with a password": Case("a.xls", with_password, REFUSED, NONE, "has a password"),
    "an open document with a password": Case("a.ods", ods(ODS_HEAD, manifest="<manifest:encryption-data/>"), REFUSED, NONE, "has a password"),
    "a workbook that is cut off": Case("a.xlsx", lambda: xlsx()()[:-200], REFUSED, NONE, "damaged or cut off"),
    "a legacy workbook that is cut off": Case("a.xls", lambda: xls()()[:1_000], REFUSED, NONE),
    "a workbook with a spoilt part": Case("a.xlsx", lambda: xlsx()().replace(b"sheet1.xml", b"sheet9.xml"), REFUSED, NONE),
    "a sheet that is no xml": Case("a.xlsx", raw_xlsx("<row><c t='e'></row>"), REFUSED, NONE),
    "a document of another kind": Case("a.doc", renamed_stream("WordDocument"), REFUSED, NONE, "without a workbook"),
    "a text document": Case("a.docx", zipped({"[Content_Types].xml": "<Types/>", "word/document.xml": "<w/>"}), REFUSED, NONE, "zip archives are not read"),
    "a binary workbook": Case("a.xlsb", zipped({"[Content_Types].xml": "<Types/>", "xl/workbook.bin": b"\x83\x01\x00"}), REFUSED, NONE, "binary workbooks"),
    "a bomb": Case("a.xlsx", raw_xlsx(" " * (20 << 20)), REFUSED, NONE, "ECHO_MAX_UNPACKED_RATIO=250"),
    "a bomb that lies about its size": Case("a.xlsx", lying_about_sizes, REFUSED, NONE, "ECHO_MAX_UNPACKED_RATIO=250"),
    "a workbook that is too large": Case("a.xlsx", raw_xlsx(" " * (3 << 20)), REFUSED, NONE, "ECHO_MAX_WORKBOOK_MB=2", limits=Limits(workbook_mb=2)),
    "entities without end": Case("a.xlsx", lambda: zipped({"[Content_Types].xml": "<Types/>", "_rels/.rels": "<x/>", "xl/workbook.xml": '<!DOCTYPE a [<!ENTITY b "bbbbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]><workbook>&c;</workbook>'}), REFUSED, NONE),
    "paths that lead out of the workbook": Case("a.xlsx", lambda: zipped({"xl/workbook.xml": "<x/>", "../../../tmp/escaped": "x"}), REFUSED, NONE),
}  # fmt: skip

CASES = SHEETS | HEADERS | CELLS | FILES
