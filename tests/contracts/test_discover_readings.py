"""What `discover` proposes to declare about how numbers, words for nothing and totals are written."""

from __future__ import annotations

from proposals import days, kinds, table

from echo_quality.contract import LogicalType


def test_decimal_commas_are_declared_and_read(proposed):
    proposal, contract = proposed(
        table("order_id;day;amount", "a;2024-01-01;1.234,56", "b;2024-01-02;12,5", "c;2024-01-03;1.000")
    )
    assert contract.column("amount").reading.number.written == "1.234,56"
    assert "decimal comma" in kinds(proposal, "amount")
    assert proposal.rejected == ()


def test_one_currency_beside_the_amounts_is_declared_and_several_are_not(proposed):
    _, one = proposed(days(["EUR 5", "EUR 7.50"]))
    assert one.column("value").reading.number.currency == "EUR"
    proposal, several = proposed(days(["EUR 5", "USD 7.50"]))
    assert several.column("value").logical_type is LogicalType.STRING
    assert kinds(proposal, "value") == {"mixed currencies"}
    proposal, _ = proposed(days(["$5", "$7.50"]))
    assert kinds(proposal, "value") == {"currency"}
    assert "mixed currencies" in kinds(proposed(days(["EUR", "USD"], "order_id,day,currency"))[0], "currency")


def test_accounting_negatives_are_declared(proposed):
    proposal, contract = proposed(days(["100", "(100)", "2.50"]))
    assert "(100)" in contract.column("value").reading.number.negatives
    assert proposal.rejected == ()


def test_words_for_nothing_are_declared(proposed):
    proposal, contract = proposed(days([*"123456789", "N/A"]))
    assert contract.column("value").logical_type is LogicalType.INTEGER
    assert contract.column("value").reading.null_texts == ("N/A",)
    assert proposal.rejected == ()


def test_truth_in_another_language_is_declared_and_zero_and_one_stay_numbers(proposed):
    _, contract = proposed(days(["ja", "nein", "ja"]))
    assert contract.column("value").reading.true_texts == ("ja",)
    assert proposed(days(["yes", "no"]))[1].column("value").logical_type is LogicalType.BOOLEAN
    assert proposed(days(["0", "1"]))[1].column("value").logical_type is LogicalType.INTEGER


def test_a_totals_row_is_found(proposed):
    rows = ["a,2024-01-01,10.00", "b,2024-01-02,5.50", "c,2024-01-03,1.00", "Total,,16.50"]
    proposal, contract = proposed(table("order_id,day,amount", *rows))
    assert "totals row" in kinds(proposal)
    assert (contract.totals_row.column, contract.totals_row.sums) == ("order_id", "amount")
