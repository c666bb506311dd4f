"""Hostile text files: encodings, headers that are not where they should be, delimiters, ragged and endless lines."""
# ruff: noqa: E501, RUF001 - a case is one line of the table, and holds what people write

from __future__ import annotations

from loading.corpus import GOOD, HEADER, LOADED, NONE, NORMALISED, ONE, OTHER, QUARANTINED, REFUSED, Case

from echo_quality.contract import Dialect
from echo_quality.loading.limits import Limits

TWO = (2, 2, 0, 0)
HALF = (2, 1, 1, 0)
LOST = (1, 0, 1, 0)
NO_ID = "date,amount,customer_id,status\n"
PREAMBLE = "Sales report\nExported by: shop, 2024\n\n"
SHORT = Limits(line_characters=2_000, field_characters=500)


def named(customer: str) -> str:
    return HEADER + f"T1,2024-01-02,10,{customer},paid\n"


def polish() -> str:
    return named("Michał Wójcik") + "T2,2024-01-02,10,Łukasz Dąbrowski,paid\n"


ENCODINGS = {
    "utf-32 with mark": Case("a.csv", named("Müller").encode("utf-32"), NORMALISED, ONE, customers=("Müller",)),
    "utf-16 big end first": Case("a.csv", named("Müller").encode("utf-16-be"), NORMALISED, ONE, customers=("Müller",)),
    "utf-16 cut in a character": Case("a.csv", (HEADER + GOOD).encode("utf-16")[:-1], REFUSED, NONE, "not readable as utf-16"),
    "a mark and nothing else": Case("a.csv", b"\xef\xbb\xbf", REFUSED, NONE, "empty"),
    "a mark before a quoted header": Case("a.csv", b'\xef\xbb\xbf"transaction_id","date","amount","customer_id","status"\n' + GOOD.encode(), NORMALISED, ONE),
    "windows-1252 with its own signs": Case("a.csv", named("Crème – 5 €").encode("cp1252"), NORMALISED, ONE, customers=("Crème – 5 €",)),
    "windows-1251 undeclared": Case("a.csv", named("Иванов").encode("cp1251"), REFUSED, NONE, "declare its `encoding`"),
    "windows-1251 declared": Case("a.csv", named("Иванов").encode("cp1251"), NORMALISED, ONE, customers=("Иванов",), dialect=Dialect(encoding="cp1251")),
    "koi8-r undeclared": Case("a.csv", named("Иванов").encode("koi8-r"), REFUSED, NONE, "declare its `encoding`"),
    "windows-1250 undeclared": Case("a.csv", polish().encode("cp1250"), REFUSED, NONE, "declare its `encoding`"),
    "windows-1250 declared": Case("a.csv", polish().encode("cp1250"), NORMALISED, TWO, customers=("Michał Wójcik", "Łukasz Dąbrowski"), dialect=Dialect(encoding="cp1250")),
    "shift-jis undeclared": Case("a.csv", named("山田太郎").encode("shift_jis"), REFUSED, NONE, "declare its `encoding`"),
    "shift-jis declared": Case("a.csv", named("山田太郎").encode("shift_jis"), NORMALISED, ONE, customers=("山田太郎",), dialect=Dialect(encoding="shift_jis")),
    "gbk undeclared": Case("a.csv", named("王小明").encode("gbk"), REFUSED, NONE, "declare its `encoding`"),
    "dos code page 437": Case("a.csv", named("Müller").encode("cp437"), REFUSED, NONE, "declare its `encoding`"),
    "dos code page 850": Case("a.csv", named("Hélène").encode("cp850"), REFUSED, NONE, "declare its `encoding`"),
    "macintosh roman": Case("a.csv", named("Müller").encode("mac_roman"), REFUSED, NONE, "declare its `encoding`"),
    "ebcdic": Case("a.csv", (HEADER + GOOD).encode("cp037"), REFUSED, NONE),
    "one line of another encoding in utf-8": Case("a.csv", named("Müller").encode() + "T2,2024-01-03,20,Jürgen,paid\n".encode("latin-1"), QUARANTINED, HALF, "no character of the file's encoding", ("Müller",)),
    "declared utf-8 that is not": Case("a.csv", named("M\xfcller").encode("latin-1") + OTHER.encode(), QUARANTINED, HALF, "no character", ("C2",), dialect=Dialect(encoding="utf-8")),
    "declared utf-16 that is not": Case("a.csv", named("Müller").encode() + b"x", REFUSED, NONE, "declare another `encoding`", dialect=Dialect(encoding="utf-16")),
    "a mark against the declaration": Case("a.csv", b"\xef\xbb\xbf" + named("Müller").encode(), NORMALISED, ONE, customers=("Müller",), dialect=Dialect(encoding="cp1252")),
    "only zeros": Case("a.csv", bytes(5_000), REFUSED, NONE),
    "utf-8 encoded twice": Case("a.csv", named("Müller".encode().decode("cp1252")), LOADED, ONE, customers=("MÃ¼ller",)),
}  # fmt: skip

HEADERS = {
    "a preamble": Case("a.csv", PREAMBLE + HEADER + GOOD, REFUSED, NONE, "declare headerRow: 4"),
    "a declared preamble": Case("a.csv", PREAMBLE + HEADER + GOOD, NORMALISED, ONE, dialect=Dialect(header_row=4)),
    "a declared preamble with windows line ends": Case("a.csv", (PREAMBLE + HEADER + GOOD).replace("\n", "\r\n"), NORMALISED, ONE, dialect=Dialect(header_row=4)),
    "comments": Case("a.csv", "# exported 2024-01-02\n# shop 7\n" + HEADER + GOOD, REFUSED, NONE, "declare headerRow: 3"),
    "a declared row beyond the file": Case("a.csv", HEADER + GOOD, REFUSED, NONE, "correct headerRow", dialect=Dialect(header_row=9)),
    "a declared row that is data": Case("a.csv", HEADER + GOOD, REFUSED, NONE, "required columns are missing", dialect=Dialect(header_row=2)),
    "blank lines above the header": Case("a.csv", "\n  \n" + HEADER + GOOD, NORMALISED, ONE),
    "two header rows": Case("a.csv", "transaction,,,customer,\nid,date,amount,id,status\n" + GOOD, REFUSED, NONE, "declare headerRows: 2"),
    "two declared header rows": Case("a.csv", "transaction,,,customer,\nid,date,amount,id,status\n" + GOOD, NORMALISED, ONE, customers=("C1",), dialect=Dialect(header_rows=2)),
    "two declared header rows with quotes": Case("a.csv", '"transaction","","","customer",\n"id",date,"amount","id",status\n' + GOOD + '"T2",2024-01-03,20,"C,2",paid\n', NORMALISED, TWO, customers=("C1", "C,2"), dialect=Dialect(header_rows=2)),
    "a line that tells excel the delimiter": Case("a.csv", "sep=;\n" + (HEADER + GOOD).replace(",", ";"), NORMALISED, ONE),
    "a line that tells excel a strange delimiter": Case("a.csv", "sep=^\r\n" + (HEADER + GOOD).replace(",", "^"), NORMALISED, ONE),
    "the header again between rows": Case("a.csv", HEADER + GOOD + HEADER + OTHER, QUARANTINED, (3, 2, 1, 0), "amount_valid"),
    "no header": Case("a.csv", GOOD + OTHER, REFUSED, NONE, "required columns are missing"),
    "five thousand columns": Case("a.csv", ",".join(f"c{at}" for at in range(5_000)) + "\n", REFUSED, NONE, "ECHO_MAX_COLUMNS=1000"),
    "only delimiters": Case("a.csv", ",,,,\n" + GOOD, REFUSED, NONE, "required columns are missing"),
    "one amount in capitals, one with a blank": Case("a.csv", "date,AMOUNT,amount ,customer_id,status\n2024-01-02,1,2,C1,paid\n", REFUSED, NONE, "appears more than once"),
    "a header with a look-alike letter": Case("a.csv", NO_ID.replace("date", "d\u0430te") + "2024-01-02,1,C1,paid\n", REFUSED, NONE, "transaction_date"),
    "a mark within the header": Case("a.csv", NO_ID.replace("amount", "\ufeffamount") + "2024-01-02,1,C1,paid\n", LOADED, ONE),
    "a zero-width blank in the header": Case("a.csv", NO_ID.replace("amount", "amount\u200b") + "2024-01-02,1,C1,paid\n", LOADED, ONE),
    "a line end within the header": Case("a.csv", '"date","amount","customer\nid","status"\n2024-01-02,1,C1,paid\n', LOADED, ONE, customers=("C1",)),
    "a header name without end": Case("a.csv", NO_ID.replace("\n", "," + "x" * 200_000 + "\n") + "2024-01-02,1,C1,paid,\n", NORMALISED, ONE),
    "a header line without end": Case("a.csv", "x," * 2_000 + "\n", REFUSED, NONE, "ECHO_MAX_LINE_CHARACTERS=2000", limits=SHORT),
    "a delimiter after the last header": Case("a.csv", HEADER.replace("\n", ",\n") + GOOD.replace("\n", ",\n"), NORMALISED, ONE),
}  # fmt: skip

DELIMITERS = {
    "a declared delimiter": Case("a.csv", (HEADER + GOOD).replace(",", "~"), NORMALISED, ONE, dialect=Dialect(delimiter="~")),
    "a declared delimiter that is not there": Case("a.csv", HEADER + GOOD, REFUSED, NONE, "required columns are missing", dialect=Dialect(delimiter="~")),
    "decimal commas between semicolons": Case("a.csv", "date;amount;customer_id;status\n2024-01-02;10,50;C1;paid\n", QUARANTINED, LOST, "amount_valid"),
    "decimal commas between commas": Case("a.csv", NO_ID + "2024-01-02,10,5,C1,paid\n", QUARANTINED, LOST, "5 fields where the header has 4"),
    "rows with another delimiter": Case("a.csv", HEADER + GOOD + OTHER.replace(",", ";"), QUARANTINED, HALF, "1 fields where"),
    "columns of fixed width": Case("a.txt", "date        amount  customer_id  status\n2024-01-02  10.00   C1           paid\n", REFUSED, NONE),
    "a web page": Case("a.csv", "<html><table><tr><td>date</td></tr></table></html>", REFUSED, NONE, "HTML or XML"),
    "xml": Case("a.csv", '<?xml version="1.0"?><rows/>', REFUSED, NONE, "HTML or XML"),
    "json called csv": Case("a.csv", '{"date": "2024-01-02", "amount": 1}\n', REFUSED, NONE, "looks like JSON"),
    "an array called csv": Case("a.csv", '[{"date": "2024-01-02", "amount": 1}]\n', REFUSED, NONE, "looks like JSON"),
    "rich text": Case("a.csv", "{\\rtf1 date,amount}", REFUSED, NONE, "RTF"),
}  # fmt: skip

RAGGED = {
    "a separator of thousands without quotes": Case("a.csv", HEADER + GOOD + "T2,2024-01-03,1,234.50,C2,paid\n", QUARANTINED, HALF, "fields 3 and 4 may be one number"),
    "a currency with a separator without quotes": Case("a.csv", HEADER + GOOD + "T2,2024-01-03,$12,345,C2,paid\n", QUARANTINED, HALF, "separator of thousands is not quoted"),
    "a delimiter after each row": Case("a.csv", HEADER + GOOD.replace("\n", ",\n"), QUARANTINED, LOST, "6 fields where the header has 5"),
    "rows of nothing but delimiters": Case("a.csv", HEADER + GOOD + ",,,,\n", QUARANTINED, HALF, "customer_id_not_null"),
    "each line quoted as a whole": Case("a.csv", HEADER + GOOD + '"T2,2024-01-03,20,C2,paid"\n', QUARANTINED, HALF, "1 fields where"),
    "single quotes": Case("a.csv", HEADER + "T1,2024-01-02,'10',C1,paid\n", QUARANTINED, LOST, "amount_valid"),
    "typographic quotes": Case("a.csv", HEADER + "T1,2024-01-02,10,“C,1”,paid\n", QUARANTINED, LOST, "6 fields where"),
    "quotes escaped by a backslash": Case("a.csv", HEADER + GOOD + 'T2,2024-01-03,20,"C\\"2",paid\n', QUARANTINED, HALF, "a quote stands within a field"),
    "the file ends within quotes": Case("a.csv", HEADER + GOOD + 'T2,2024-01-03,20,C2,"pai', QUARANTINED, HALF, "never closed"),
    "the file ends within a row": Case("a.csv", HEADER + GOOD + "T2,2024-01-03,20", QUARANTINED, HALF, "3 fields where"),
    "a totals row of another width": Case("a.csv", HEADER + GOOD + "Total,10.00\n", QUARANTINED, HALF, "2 fields where"),
    "a totals row of the same width": Case("a.csv", HEADER + GOOD + "Total,,10.00,,\n", QUARANTINED, HALF, "transaction_date_not_null"),
    "the end of a dos file": Case("a.csv", HEADER + GOOD + "\x1a", QUARANTINED, HALF, "1 fields where"),
    "thousands of blank lines": Case("a.csv", HEADER + GOOD + "\n" * 5_000 + OTHER, NORMALISED, TWO),
    "the nothing of a database": Case("a.csv", HEADER + "T1,2024-01-02,\\N,C1,paid\n", QUARANTINED, LOST, "amount_valid"),
    "a line of ten million characters": Case("a.csv", lambda: (HEADER + GOOD + f"T9,2024-01-02,1,{'z' * 10_000_000},paid\n" + OTHER).encode(), QUARANTINED, (3, 2, 1, 0), "the line has 10000021 characters, more than ECHO_MAX_LINE_CHARACTERS=4000000", ("C1", "C2")),
    "a file that is one endless line": Case("a.csv", lambda: b"x" * 10_000_000, REFUSED, NONE, "ECHO_MAX_LINE_CHARACTERS=4000000"),
    "an endless line without an end": Case("a.csv", HEADER + GOOD + "x" * 3_000, QUARANTINED, HALF, "the line has 3000 characters", limits=SHORT),
    "an endless field": Case("a.csv", HEADER + GOOD + f"T2,2024-01-03,20,{'z' * 501},paid\n", QUARANTINED, HALF, "ECHO_MAX_FIELD_CHARACTERS=500", limits=SHORT),
    "the longest field": Case("a.csv", HEADER + f"T1,2024-01-02,10,{'z' * 500},paid\n", LOADED, ONE, limits=Limits(field_characters=600)),
    "an endless field over several lines": Case("a.csv", HEADER + GOOD + 'T2,2024-01-03,20,"' + "zzz\n" * 200 + '",paid\n', QUARANTINED, (202, 1, 201, 0), "never closed", limits=SHORT),
    "an endless line after an open quote": Case("a.csv", HEADER + 'T0,2024-01-01,"5,C0,paid\n' + "y" * 5_000 + "\n" + GOOD, QUARANTINED, (3, 1, 2, 0), limits=SHORT),
}  # fmt: skip

VALUES = {
    "formulas": Case("a.csv", HEADER + "T1,2024-01-02,10,\"=HYPERLINK(\"\"http://x\"\")\",paid\nT2,2024-01-02,10,@SUM(A1),paid\n", LOADED, TWO, customers=('=HYPERLINK("http://x")', "@SUM(A1)")),
    "text that is written backwards": Case("a.csv", named("\u202eC1\u202c"), LOADED, ONE, customers=("\u202eC1\u202c",)),
    "a value that looks like markup": Case("a.csv", named("<script>alert(1)</script>"), LOADED, ONE),
    "an emoji of several characters": Case("a.csv", named("👩‍👩‍👧"), LOADED, ONE, customers=("👩‍👩‍👧",)),
    "accents apart from their letters": Case("a.csv", named("Mu\u0308ller"), LOADED, ONE, customers=("Mu\u0308ller",)),
    "a file name that leads elsewhere": Case("..csv", HEADER + GOOD, LOADED, ONE),
    "a file name with a percent sign": Case("%s%n{0}.csv", HEADER + GOOD, LOADED, ONE),
    "a file name of a device": Case("CON.csv", HEADER + GOOD, LOADED, ONE),
}  # fmt: skip

CASES = ENCODINGS | HEADERS | DELIMITERS | RAGGED | VALUES
