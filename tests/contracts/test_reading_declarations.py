"""Declarations of readings: what is understood, and that what contradicts itself is refused by name, with the fix."""
# ruff: noqa: E501 - a case is one line of the table

from __future__ import annotations

from pathlib import Path

import pytest

from echo_quality.contract import ContractError
from echo_quality.generate.dictionary import dictionary_md
from echo_quality.normalisations import Change, normalisations_of
from echo_quality.odcs import read_contract
from echo_quality.readings import Negative, Percent

TILL_BOOK = Path(__file__).parent / "data" / "till_book.yaml"

# name of the case: (text that is there, text that replaces it, parts of the message)
SPOILT = {
    "a number form that says nothing": ('"1.234,56"', '"de_DE"', ["numberFormat 'de_DE'", "1234.56 as it looks"]),
    "one separator for both": ('"1.234,56"', '"1,234,56"', ["numberFormat"]),
    "a number form without decimals": ('"1.234,56"', '"1.234"', ["numberFormat"]),
    "an unknown negative": ('"100-"', '"100 CR"', ["negatives", "100 CR", "(100)"]),
    "a list that is none": ('["(100)", "100-"]', '"(100)"', ["negatives", "list"]),
    "a null text that YAML takes for nothing": ('"NULL"', "null", ["nullTexts", "None", "quotes"]),
    "truth that YAML takes for truth": ('["ja", "J", "1"]', "[yes]", ["'is_paid'", "trueTexts", "quotes"]),
    "a null text with blanks around it": ('"N/A"', '" N/A"', ["nullTexts", "' N/A'"]),
    "a null text that is a value": ('"N/A"', '"EUR"', ["'currency'", "'EUR'", "keep one"]),
    "a null text that is truth": ('"N/A"', '"ja"', ["'is_paid'", "'ja'", "keep one"]),
    "true and false at once": ('["nein", "N", "0"]', '["NEIN", "Ja"]', ["'is_paid'", "'ja'", "both true and false"]),
    "true is false": ('["nein", "N", "0"]', '["True"]', ["'is_paid'", "'true'"]),
    "true without false": ("          - {property: falseTexts, value: [\"nein\", \"N\", \"0\"]}\n", "", ["'is_paid'", "declare both"]),
    "an unknown trim": ("value: invisible", "value: all", ["trim 'all'", "invisible"]),
    "an unknown unicode form": ("value: NFC", "value: NFKD", ["unicode 'NFKD'", "NFC"]),
    "an unknown excel system": ("excelDates, value: 1900", "excelDates, value: 1901", ["excelDates 1901", "1900 or 1904"]),
    "a first year of no century": ("value: 1950", "value: 50", ["twoDigitYearsFrom 50"]),
    "two digits of any century": ("          - {property: twoDigitYearsFrom, value: 1950}\n", "", ["'sold_on'", "%y", "twoDigitYearsFrom"]),
    "names of months in any language": ("          - {property: monthNames, value: english}\n", "", ["'sold_on'", "%b", "monthNames"]),
    "names of months in another language": ("monthNames, value: english", "monthNames, value: german", ["monthNames", "english"]),
    "two formats for one text": ('"%d.%m.%Y", "%d %b %Y"', '"%d %b %Y", "%d.%m.%Y", "%m.%d.%Y"', ["'sold_on'", "'%d.%m.%Y'", "'%m.%d.%Y'", "keep one"]),
    "two-digit formats for one text": ('"%d.%m.%Y", "%d %b %Y"', '"%d %b %Y", "%y.%m.%d"', ["'sold_on'", "different days"]),
    "six digits twice": ('"%d.%m.%Y", "%d %b %Y"', '"%d %b %Y", "%y%m%d"', ["'sold_on'", "excelDates", "six digits"]),
    "a format with the year twice": ('"%d.%m.%Y"', '"%d.%m.%Y %y"', ["%Y", "twice"]),
    "a month name that touches its neighbours": ('"%d %b %Y"', '"%d%B%Y"', ["%d%B%Y", "month"]),
    "a reading of another type": ("value: NFC}", "value: NFC}, {property: percent, value: points}", ["'receipt'", "percent", "number"]),
    "a currency that is no code": ('{"€": EUR, "$": USD}', '{"€": euro}', ["'amount'", "'euro'", "three capitals"]),
    "a mark with digits": ('{"€": EUR, "$": USD}', '{"€1": EUR}', ["'amount'", "'€1'"]),
    "marks that agree with nothing": ("          - {property: currencyColumn, value: currency}\n", "", ["'amount'", "currency", "declare both"]),
    "marks that agree with two things": ("          - {property: currencyColumn, value: currency}", "          - {property: currencyColumn, value: currency}\n          - {property: currency, value: EUR}", ["'amount'", "either"]),
    "a currency without marks": ('          - {property: currencies, value: {"€": EUR, "$": USD}}\n', "", ["'amount'", "declare both"]),
    "a currency column that is not there": ("currencyColumn, value: currency", "currencyColumn, value: coin", ["'amount'", "'coin'"]),
    "a currency column that is no text": ("currencyColumn, value: currency", "currencyColumn, value: pieces", ["'amount'", "'pieces'", "string"]),
    "marks of other currencies only": ('{"€": EUR, "$": USD}', '{"£": GBP}', ["'amount'", "no mark for EUR, USD"]),
    "a percentage of money": ("{property: percent, value: fraction}", "{property: percent, value: points}, {property: currencies, value: [EUR]}, {property: currency, value: EUR}", ["'discount'", "percent"]),
    "an unknown percentage": ("percent, value: fraction", "percent, value: hundredths", ["percent 'hundredths'", "fraction"]),
    "a fraction without decimals": ("value: 4}, {property: percent", "value: 1}, {property: percent", ["'discount'", "scale"]),
    "a reading of what is computed": ("{property: computedAs, value: amount * 0.81}", "{property: computedAs, value: amount * 0.81}, {property: nullTexts, value: [x]}", ["'net'", "nullTexts", "computed"]),
    "two-digit years that no format has": ("twoDigitYearsFrom, value: 1950}", "twoDigitYearsFrom, value: 1950}\n          - {property: formats, value: ['%d.%m.%Y']}", ["'sold_on'", "twoDigitYearsFrom does nothing", "%y"]),
    "a totals row without a sum": (", sums: amount}", "}", ["totalsRow"]),
    "a totals row of what is not there": ("sums: amount", "sums: money", ["'money'"]),
    "a totals row of no number": ("sums: amount", "sums: currency", ["totalsRow", "'currency'", "number"]),
    "a totals row of what is computed": ("sums: amount", "sums: net", ["totalsRow", "computed"]),
    "a totals row in capitals": ("total|summe", "Total|summe", ["totalsRow", "lower case"]),
    "a totals row with a class": ("total|summe", "\\\\w+", ["totalsRow", "list the characters"]),
    "an unknown answer to a wrong total": (", sums: amount}", ", sums: amount, mismatch: shout}", ["mismatch", "refuse"]),
    "a misspelt part of a totals row": (", sums: amount}", ", sums: amount, colum: x}", ["totalsRow"]),
}  # fmt: skip


def read(text: str, folder: Path):
    path = folder / "till_book.yaml"
    path.write_text(text, encoding="utf-8")
    return read_contract(path)


@pytest.mark.parametrize("case", SPOILT)
def test_a_declaration_that_contradicts_itself_is_refused_by_name(case, tmp_path):
    there, instead, parts = SPOILT[case]
    text = TILL_BOOK.read_text(encoding="utf-8")
    assert there in text, "the case spoils nothing"
    with pytest.raises(ContractError) as refused:
        read(text.replace(there, instead, 1), tmp_path)
    assert "till_book.yaml" in str(refused.value)
    assert [part for part in parts if part not in str(refused.value)] == [], str(refused.value)


def test_the_column_s_own_declaration_wins_over_the_contract_s(tmp_path):
    text = TILL_BOOK.read_text(encoding="utf-8")
    there = "[{property: scale, value: 4}, "
    own = there + '{property: numberFormat, value: "1,234.56"}, {property: nullTexts, value: []}, '
    contract = read(text.replace(there, own, 1), tmp_path)
    discount, amount = contract.column("discount").reading, contract.column("amount").reading
    assert (discount.number.decimal, discount.null_texts) == (".", ())
    assert (amount.number.decimal, amount.null_texts[0]) == (",", "N/A")


def test_declarations_reach_the_columns_that_they_fit():
    contract = read_contract(TILL_BOOK)
    readings = {column.name: column.reading for column in contract.columns}
    amount = readings["amount"].number
    assert (amount.thousands, amount.decimal, amount.negatives) == (".", ",", (Negative.PARENTHESES, Negative.TRAILING))
    assert amount.marks == (("EUR", "EUR"), ("USD", "USD"), ("$", "USD"), ("€", "EUR"))
    assert readings["discount"].number.percent is Percent.FRACTION
    assert readings["receipt"].number is None
    assert (readings["pieces"].null_texts, readings["pieces"].trims_invisible) == (("N/A", "-", "NULL", "#N/A"), True)
    assert readings["net"] == type(readings["net"])()


def test_the_dictionary_names_each_declared_reading():
    page = dictionary_md([read_contract(TILL_BOOK)])
    for text in ("`1.234,56`", "`(100)`", "`€` (EUR)", "`ja`", "1904 system", "1950 to 2049", "`N/A`", "`5 %` is 0.05",
                 "Invisible characters", "NFC", "`(grand )?total|summe`"):  # fmt: skip
        assert text in page, text


def test_every_kind_of_change_follows_from_a_declaration():
    assert {each.change for each in normalisations_of(read_contract(TILL_BOOK))} == set(Change)
