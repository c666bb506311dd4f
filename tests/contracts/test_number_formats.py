"""Declared readings of cells: both engines read them alike, and what is written in a form reads as what it was."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from contracts.two_engines import contract_of, differences, typed_by_duckdb, typed_by_postgres
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from echo_quality.contract import Column, LogicalType
from echo_quality.odcs_readings import reading_of

NBSP, NARROW, THIN, MINUS = "\u00a0", "\u202f", "\u2009", "\u2212"
NUMBERS = [
    "", "0", "5", "+5", "-5", "1.5", "1,5", ".5", ",5", "5.", "5,", "1234", "1234.5", "1234,5", "1,234", "1.234",
    "1,234.50", "1.234,50", "1 234,50", f"1{NBSP}234,50", f"1{NARROW}234{NBSP}567,5", f"1{THIN}234", "1'234.50",
    "1\u2019234.50", "1,23,4", "12,34,567.89", "0,123", "0.123", "1.234.567,8", "1,234,567.8", "1.2345", "1,23.4",
    "1,,234", "1234,567", "(100)", "(1,5)", "((1))", "(-1)", "-(1)", "( 1)", "()", "100-", "1.234,5-", "100 -", "-100-",
    f"{MINUS}100", f"({MINUS}1)", "--1", "$5", "$ 5", "-$5", "$-5", "5$", "5 $", "EUR 5", "5EUR", "5 €", "€5,50",
    "EUR5.50", "€ 1.234,50-", "€ (5)", "(5 €)", "(€5)", "$(5)", "US$5", "5 US$", "$5 USD", "Fr. 5", "Fr.5", "Fr 5",
    "5 Fr.", "Fr..5", "5%", "5 %", "12,5 %", "12.5%", "%5", "(5%)", "5%-", "-5%", ".5%", "0,05%", "GBP 5", "kr5",
    "5,-", "1e3", "\uff11", "٣", "1\t234", "NaN", "9" * 30, "9" * 16 + ",99", f"5{NBSP}€", f"€{NARROW}5", "1 23",
    "12 345 678,9", "000", "001,234", "01.234", "5.000,", "5 000", "- 5", "+ 5", "5\n", "5,00 EUR ", "1.000.000-€",
]  # fmt: skip
MARKS = {"$": "USD", "US$": "USD", "€": "EUR", "Fr.": "CHF", "kr": "SEK"}
SAMPLES = ("1234.56", "1234,56", "1.234,56", "1,234.56", "1 234,56", "1'234.56")
EXTRAS = {
    "plain": {},
    "negatives": {"negatives": ["(100)", "100-", f"{MINUS}100"]},
    "currencies": {"negatives": ["(100)", "100-"], "currencies": MARKS, "currency": "EUR"},
    "fractions": {"negatives": ["(100)"], "percent": "fraction"},
    "points": {"negatives": ["100-"], "percent": "points"},
}
PROFILE = settings(
    deadline=None, print_blob=True, max_examples=12, suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
)  # fmt: skip


def column_of(kind=LogicalType.NUMBER, formats=(), scale=2, **declared):
    return Column("value", kind, scale=scale, formats=tuple(formats), reading=reading_of(kind, {}, declared))


def read(text, kind=LogicalType.NUMBER, **declared):
    return typed_by_duckdb(contract_of(column_of(kind, **declared), "UTC"), [text], "UTC")[0]


@pytest.mark.parametrize(("sample", "extra"), list(product(SAMPLES, EXTRAS)), ids=str)
def test_both_engines_read_declared_numbers_alike(connection, sample, extra):
    assert differences(connection, column_of(numberFormat=sample, **EXTRAS[extra]), NUMBERS) == []


def test_both_engines_read_declared_whole_numbers_alike(connection):
    column = column_of(LogicalType.INTEGER, numberFormat="1.234,56", negatives=["(100)", "100-"])
    assert differences(connection, column, NUMBERS) == []


@pytest.mark.parametrize(
    ("text", "value", "declared"),
    [
        ("1.234,56", "1234.56", {"numberFormat": "1.234,56"}),
        ("1,234.56", "1234.56", {"numberFormat": "1,234.56"}),
        (f"1{NBSP}234{NARROW}567,5", "1234567.50", {"numberFormat": "1 234,56"}),
        ("1'234.56", "1234.56", {"numberFormat": "1'234.56"}),
        ("1\u2019234.56", "1234.56", {"numberFormat": "1'234.56"}),
        ("1.234", "1234.00", {"numberFormat": "1.234,56"}),
        ("1.23", None, {"numberFormat": "1.234,56"}),
        ("1,23,4", None, {"numberFormat": "1,234.56"}),
        ("0,123", None, {"numberFormat": "1,234.56"}),
        ("1,234", None, {}),
        ("(1,234.50)", "-1234.50", {"numberFormat": "1,234.56", "negatives": ["(100)"]}),
        ("100-", "-100.00", {"negatives": ["100-"]}),
        ("100-", None, {"negatives": ["(100)"]}),
        (f"{MINUS}100", "-100.00", {"negatives": [f"{MINUS}100"]}),
        ("Fr.5", "5.00", {"currencies": {"Fr.": "CHF"}, "currency": "CHF"}),
        ("5 CHF", "5.00", {"currencies": {"Fr.": "CHF"}, "currency": "CHF"}),
        ("Fr.5", None, {"currencies": {"Fr": "CHF"}, "currency": "CHF"}),
        ("-$5", "-5.00", {"currencies": {"$": "USD"}, "currency": "USD"}),
        ("$(5)", "-5.00", {"currencies": {"$": "USD"}, "currency": "USD", "negatives": ["(100)"]}),
        ("GBP 5", None, {"currencies": ["USD"], "currency": "USD"}),
        ("5 %", "0.05", {"percent": "fraction"}),
        ("1234 %", "12.34", {"percent": "fraction"}),
        ("5", None, {"percent": "fraction"}),
        ("12,5%", "12.50", {"percent": "points", "numberFormat": "1234,56"}),
        ("5", "5.00", {"percent": "points"}),
        ("\uff15", None, {"numberFormat": "1,234.56"}),
    ],
)
def test_a_number_reads_as_declared_or_not_at_all(text, value, declared):
    assert read(text, **declared) == value


@st.composite
def forms(draw):
    """A declared form, and the marks around a number that it allows."""
    sample = draw(st.sampled_from(SAMPLES))
    extra = draw(st.sampled_from([name for name in EXTRAS if name not in ("fractions", "points")]))
    return sample, EXTRAS[extra]


def written(draw, amount, sample, declared):
    """The amount in one of the ways that the declaration allows."""
    thousands, decimal = sample[1:-6] if len(sample) == 8 else "", sample[-3]
    whole, _, cents = f"{abs(amount):.2f}".partition(".")
    if thousands and draw(st.booleans()):
        alike = {" ": f" {NBSP}{NARROW}", "'": "'\u2019"}.get(thousands, thousands)
        whole = f"{int(whole):,}".replace(",", draw(st.sampled_from(alike)))
    text = whole + (decimal + cents if cents != "00" or draw(st.booleans()) else "")
    ways = ["-{}", *(way.replace("100", "{}") for way in declared.get("negatives", ()))]
    around = ["{}"]
    if "currencies" in declared:
        gap = draw(st.sampled_from(["", " ", NBSP]))
        mark = draw(st.sampled_from([*MARKS, *MARKS.values()]))
        around += [f"{mark}{gap}{{}}", f"{{}}{gap}{mark}"]
    return (draw(st.sampled_from(ways)) if amount < 0 else "{}").format(draw(st.sampled_from(around)).format(text))


@PROFILE
@given(st.data())
def test_an_amount_that_is_written_in_a_form_reads_as_that_amount(connection, data):
    sample, declared = data.draw(forms(), label="form")
    cents = st.integers(-(10**11), 10**11)
    amounts = [Decimal(each).scaleb(-2) for each in data.draw(st.lists(cents, min_size=40, max_size=40), label="cents")]
    texts = [written(data.draw, amount, sample, declared) for amount in amounts]
    contract = contract_of(column_of(numberFormat=sample, **declared), "UTC")
    expected = [f"{amount:.2f}" for amount in amounts]
    assert typed_by_duckdb(contract, texts, "UTC") == expected
    assert typed_by_postgres(connection, contract, texts, "UTC") == expected


@PROFILE
@given(st.data())
def test_both_engines_read_any_text_alike(connection, data):
    sample, extra = data.draw(st.sampled_from(SAMPLES)), data.draw(st.sampled_from(list(EXTRAS)))
    pieces = st.sampled_from(
        ["1", "23", "456", "0", ",", ".", " ", NBSP, "'", "-", "+", "(", ")", "%", "$", "EUR", "€"]
    )
    texts = ["".join(parts) for parts in data.draw(st.lists(st.lists(pieces, max_size=7), min_size=60, max_size=60))]
    assert differences(connection, column_of(numberFormat=sample, **EXTRAS[extra]), texts) == []


SERIALS = [
    "1", "59", "60", "61", "0", "-1", "45292", "45292.5", "45292,25", "45292.999999999", "45292.3506944444", "109574",
    "109575", "108112", "108113", "9999999", "1e5", "45292.", ".5", "45292.0", "2024-01-02", "01", "20240102", "60.5",
]  # fmt: skip
MOMENTS = [LogicalType.DATE, LogicalType.TIMESTAMP]


@pytest.mark.parametrize(("kind", "system"), list(product(MOMENTS, (1900, 1904))), ids=str)
def test_both_engines_read_excel_dates_alike(connection, kind, system):
    column = column_of(kind, excelDates=system)
    assert differences(connection, column, SERIALS, "Asia/Tokyo", "America/New_York") == []


@pytest.mark.parametrize(
    ("text", "kind", "system", "value"),
    [
        ("1", LogicalType.DATE, 1900, "1900-01-01"),
        ("59", LogicalType.DATE, 1900, "1900-02-28"),
        ("60", LogicalType.DATE, 1900, None),
        ("61", LogicalType.DATE, 1900, "1900-03-01"),
        ("45292", LogicalType.DATE, 1900, "2024-01-01"),
        ("43830", LogicalType.DATE, 1904, "2024-01-01"),
        ("109574", LogicalType.DATE, 1900, "2199-12-31"),
        ("109575", LogicalType.DATE, 1900, None),
        ("0", LogicalType.DATE, 1904, None),
        ("45292.5", LogicalType.TIMESTAMP, 1900, "2024-01-01 12:00:00+00"),
        ("45292.3506944444", LogicalType.TIMESTAMP, 1900, "2024-01-01 08:25:00+00"),
    ],
)
def test_a_serial_number_is_the_day_that_a_spreadsheet_shows(text, kind, system, value):
    assert read(text, kind, excelDates=system) == value


WRITTEN = [
    "2 Jan 2024", "02 JAN 2024", "2 January 2024", "31-Dec-99", "1/2/24", "01/02/49", "01/02/50", "29/02/00",
    "2 Mai 2024", "2 Sept 2024", "02Jan2024", "02Jan24", "240102", "000229", "2 may 2024", "2 Jan 24 10:20",
    "29 Feb 2023", "30 Feb 2024",
]  # fmt: skip
FORMATS = ["%d %b %Y", "%d %B %Y", "%d-%b-%y", "%d/%m/%y", "%d%b%Y", "%y%m%d", "%d %b %y %H:%M"]


@pytest.mark.parametrize(("kind", "first_year", "form"), list(product(MOMENTS, (1950, 2000), FORMATS)), ids=str)
def test_both_engines_read_names_and_two_digit_years_alike(connection, kind, first_year, form):
    column = column_of(kind, [form], twoDigitYearsFrom=first_year, monthNames="english")
    months = [
        f"7 {name} 2024"
        for name in ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
    ]
    assert differences(connection, column, [*WRITTEN, *months]) == []


@pytest.mark.parametrize(
    ("text", "form", "day"),
    [
        ("2 sep 2024", "%d %b %Y", "2024-09-02"),
        ("2 September 2024", "%d %B %Y", "2024-09-02"),
        ("01/02/49", "%d/%m/%y", "2049-02-01"),
        ("01/02/50", "%d/%m/%y", "1950-02-01"),
        ("29/02/00", "%d/%m/%y", "2000-02-29"),
        ("000229", "%y%m%d", "2000-02-29"),
    ],
)
def test_names_of_months_and_years_of_two_digits_read_as_declared(text, form, day):
    assert read(text, LogicalType.DATE, formats=[form], twoDigitYearsFrom=1950, monthNames="english") == day


TEXTS = [
    " ", "a", " a ", f"{NBSP}a{NBSP}", "\u200ba\ufeff", "\ta\n", "a\u200bb", "\u3000", "e\u0301", "\u212b",
    "N/A", "n/a", " N/A ", "-", "null", "NULL", "#N/A", f"{NBSP}-", "\u00ad", "ﬁ", "한", "a\u0301\u0323",
]  # fmt: skip


@pytest.mark.parametrize(
    "declared",
    [
        {"trim": "invisible"},
        {"unicode": "NFC"},
        {"nullTexts": ["N/A", "-", "null"]},
        {"trim": "invisible", "unicode": "NFC", "nullTexts": ["N/A", "-", "é"]},
    ],
    ids=str,
)
def test_both_engines_clean_texts_alike(connection, declared):
    assert differences(connection, column_of(LogicalType.STRING, **declared), TEXTS) == []
    assert differences(connection, column_of(LogicalType.INTEGER, **declared), [*TEXTS, f"{NBSP}5"]) == []


def test_texts_are_cleaned_as_declared():
    assert read(f"{NBSP}5\u200b", LogicalType.INTEGER, trim="invisible") == "5"
    assert read(f"{NBSP}5", LogicalType.INTEGER) is None
    assert read("e\u0301", LogicalType.STRING, unicode="NFC") == "é"
    assert read(" N/A ", LogicalType.STRING, nullTexts=["N/A"]) is None
    assert read("n/a", LogicalType.STRING, nullTexts=["N/A"]) == "n/a"


def test_both_engines_read_declared_truth_alike(connection):
    column = column_of(LogicalType.BOOLEAN, trueTexts=["Ja", "J", "ДА"], falseTexts=["nein", "0"])
    texts = ["ja", "JA", "j", "nein", "NEIN", "0", "1", "true", "False", "yes", "n", "да", "", " ja "]
    assert differences(connection, column, texts) == []
    assert typed_by_duckdb(contract_of(column, "UTC"), texts, "UTC") == [
        "true", "true", "true", "false", "false", "false", None, "true", "false", None, None, "true", None, "true",
    ]  # fmt: skip
