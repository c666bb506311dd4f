"""What `discover` proposes for small files, one for each thing that misleads."""

from __future__ import annotations

import datetime
import json

import openpyxl
import pytest
from proposals import days, kinds, table

from echo_quality.contract import Dialect, LogicalType
from echo_quality.discover import DiscoverError, source_name
from echo_quality.loading.refusal import RefusedFile


def test_a_plain_file_is_proposed_with_key_day_types_and_sum(proposed):
    proposal, contract = proposed(
        table("Order ID,OrderDate,Amount,Units,status", "a1,2024-01-31,10.5,1,paid", "a2,2024-02-29,-3.25,2,open")
    )
    assert contract.key == ("order_id",)
    assert (contract.event_column, contract.conserved) == ("order_date", "amount")
    assert [column.logical_type.value for column in contract.columns] == [
        "string",
        "date",
        "number",
        "integer",
        "string",
    ]
    assert [column.aliases for column in contract.columns[:3]] == [(), ("OrderDate",), ()]
    assert contract.column("amount").scale == 2
    assert contract.column("amount").minimum is None, "a bound is a person's to set"
    assert proposal.rejected == ()
    assert kinds(proposal) == {"negative values"}


def test_identifiers_stay_text_and_leading_zeros_are_shown(proposed):
    proposal, contract = proposed(days(["00123", "00007", "12345"], "order_id,day,shop"))
    assert contract.column("shop").logical_type is LogicalType.STRING
    assert kinds(proposal, "shop") == {"leading zeros"}
    _, by_name = proposed(days(["123", "7", "12345"], "order_id,day,customer_no"))
    assert by_name.column("customer_no").logical_type is LogicalType.STRING


def test_day_and_month_are_told_apart_by_a_value_above_twelve(proposed):
    _, day_first = proposed(table("order_id,sold_on", "a,03/04/2024", "b,13/04/2024"))
    assert day_first.column("sold_on").formats == ("%d/%m/%Y",)
    _, month_first = proposed(table("order_id,sold_on", "a,3/4/2024 8:15", "b,4/13/2024 17:00"))
    assert month_first.column("sold_on").formats == ("%m/%d/%Y %H:%M",)
    assert month_first.column("sold_on").logical_type is LogicalType.TIMESTAMP


@pytest.mark.law(2)
def test_an_ambiguous_date_is_left_open_with_both_formats(proposed):
    proposal, contract = proposed(table("order_id,sold_on", "a,03/04/2024", "b,05/06/2024"))
    assert contract.column("sold_on").formats == ()
    assert kinds(proposal) == {"day and month"}
    assert "['%d/%m/%Y']" in proposal.text
    assert "['%m/%d/%Y']" in proposal.text
    assert proposal.rejected == (("sold_on_valid", 2),), "nothing is read before a person has said how"


def test_dates_of_both_orders_in_one_column_are_a_risk(proposed):
    proposal, _ = proposed(table("order_id,sold_on", "a,13/04/2024", "b,14/05/2024", "c,15/05/2024", "d,04/16/2024"))
    assert "mixed dates" in kinds(proposal)


def test_dates_that_need_a_declaration_of_their_own_are_shown(proposed):
    for cells in (["31.12.24", "01.02.24"], ["31 Dec 2024", "1 Feb 2024"]):
        proposal, _ = proposed(days(cells, "order_id,day,due"))
        assert kinds(proposal, "due") == {"dates to declare"}
    proposal, contract = proposed(days(["45292", "45293.5"], "order_id,day,due_date"))
    assert contract.column("due_date").logical_type is LogicalType.STRING
    assert "excelDates, value: 1904" in proposal.text


def test_dates_without_separators_are_days_unless_the_name_says_identifier(proposed):
    _, contract = proposed(table("order_id,booked,batch_no", "a,20240131,20240131", "b,20240229,20240229"))
    assert contract.column("booked").formats == ("%Y%m%d",)
    assert contract.column("batch_no").logical_type is LogicalType.STRING


@pytest.mark.parametrize("cells", [["1,234", "5,678"], ["1.234", "5.678"]])
def test_thousands_or_decimals_are_left_open(proposed, cells):
    proposal, contract = proposed(
        table("order_id;day;amount", *(f"o{at};2024-01-0{at + 1};{cell}" for at, cell in enumerate(cells)))
    )
    assert contract.column("amount").logical_type is LogicalType.STRING
    assert kinds(proposal, "amount") == {"thousands or decimals"}
    assert "numberFormat, value: '1.234,56'" in proposal.text


def test_a_zero_in_front_settles_that_three_digits_are_decimals(proposed):
    _, contract = proposed(days(["0.125", "1.250"]))
    assert (contract.column("value").logical_type, contract.column("value").scale) == (LogicalType.NUMBER, 3)


def test_numbers_with_commas_and_with_points_in_one_column_stay_text(proposed):
    proposal, contract = proposed(
        table("order_id;day;amount", "a;2024-01-01;12,5", "b;2024-01-02;12.5", "c;2024-01-03;7")
    )
    assert contract.column("amount").logical_type is LogicalType.STRING
    assert "decimal comma" in kinds(proposal, "amount")


def test_values_that_stand_for_something_else_are_shown(proposed):
    proposal, _ = proposed(days(["5", "7", "999", "999", "8"]))
    assert kinds(proposal, "value") == {"sentinel values"}
    proposal, _ = proposed(table("order_id,day", "a,1900-01-01", "b,1900-01-01", "c,2024-01-01", "d,2031-01-01"))
    assert kinds(proposal, "day") == {"sentinel values", "dates to come"}


def test_blanks_capitals_repeats_and_ragged_rows_are_shown(proposed):
    text = table("code,day,kind", "a1,2024-01-01,Web", "a1,2024-01-01,Web", " b2,2024-01-02,web", "c3,2024-01-03")
    proposal, _ = proposed(text)
    assert kinds(proposal) == {"blanks around", "mixed case", "duplicates", "ragged rows"}


def test_text_that_was_garbled_on_the_way_is_shown(proposed):
    proposal, _ = proposed(days(["M\u00fcller", "M\u00c3\u00bcller"]))
    assert kinds(proposal, "value") == {"mixed encodings"}


def test_personal_columns_are_marked_and_their_values_are_not_shown(proposed):
    header = "customer_id,name,contact,phone,account,card,birthday,signed_up"
    rows = [
        f"c{at},Ann Lee{at},ann{at}@example.com,+44 20 7946 09{at:02},GB82 WEST 1234 5698 7654 32,4111 1111 1111 1111,"
        f"0{at}/0{at}/1990,2024-01-0{at}"
        for at in range(1, 6)
    ]
    proposal, contract = proposed(table(header, *rows))
    personal = {column.name for column in contract.columns if column.personal}
    assert personal == {"name", "contact", "phone", "account", "card", "birthday"}
    told = proposal.text + "\n".join(proposal.report)
    assert not [value for value in ("Ann", "ann1", "7946", "WEST", "4111", "1990") if value in told]
    _, products = proposed(table("product_id,name,day", "p1,Desk Lamp,2024-01-01", "p2,Arm Chair,2024-01-02"))
    assert not [column for column in products.columns if column.personal]


def test_few_labels_are_listed_and_another_one_is_a_warning(proposed):
    proposal, contract = proposed(days(["web", "shop"] * 10))
    assert contract.column("value").accepted == ("shop", "web")
    assert contract.column("value").accepted_severity.value == "warning"
    assert proposal.rejected == ()


def test_rows_without_an_identifier_get_a_derived_one_without_what_may_be_corrected(proposed):
    _, contract = proposed(table("customer_id,day,amount,status", *["c1,2024-01-01,5.00,paid"] * 3))
    assert contract.key == ("line_id",)
    assert contract.column("line_id").derived_from == ("customer_id", "day", "amount")


def test_an_identifier_with_a_moment_of_change_is_a_key_of_two(proposed):
    _, contract = proposed(table("customer_id,updated_at", "c1,2024-01-01", "c1,2024-01-02", "c2,2024-01-01"))
    assert contract.key == ("customer_id", "updated_at")


def test_without_a_date_the_question_is_put_and_not_answered(proposed):
    proposal, contract = proposed(table("order_id,amount", "a,1.50"))
    assert contract is None
    assert "OPEN" in proposal.text


def test_every_format_is_read(proposed, tmp_path):
    lines = "\n".join(json.dumps({"order_id": f"o{at}", "day": f"2024-01-0{at}", "who": {"n": at}}) for at in (1, 2))
    _, contract = proposed(lines, "orders.jsonl")
    assert [column.logical_type.value for column in contract.columns] == ["string", "date", "json"]
    workbook = openpyxl.Workbook()
    for row in (
        ["order_id", "day", "value"],
        ["o1", datetime.date(2024, 1, 31), 1.5],
        ["o2", datetime.date(2024, 2, 1), 2],
    ):
        workbook.active.append(row)
    workbook.save(tmp_path / "orders.xlsx")
    _, contract = proposed((tmp_path / "orders.xlsx").read_bytes(), "orders.xlsx")
    assert [column.logical_type.value for column in contract.columns] == ["string", "date", "number"]
    proposal, _ = proposed(days(["\u00fcber", "unter"]).encode("latin-1"))
    assert "property: encoding" in proposal.text


def test_headers_become_names_once_each(proposed):
    _, contract = proposed(table("Größe (cm),groesse__cm,2nd,day", "1,2,3,2024-01-01"))
    assert contract.names == ("line_id", "groesse_cm_2", "groesse_cm", "c_2nd", "day")


def test_lines_above_the_header_are_found_and_declared(proposed):
    text = "Orders of 2024\nprinted for, whom\n\n" + days(["1", "2", "3"])
    proposal, contract = proposed(text)
    assert contract.dialect.header_row == 4
    assert contract.names == ("order_id", "day", "value")
    assert (proposal.findings.rows, proposal.rejected) == (3, ())


def test_what_the_bytes_do_not_tell_can_be_said(proposed):
    russian = days(["\u041c\u043e\u0441\u043a\u0432\u0430", "\u0422\u0443\u043b\u0430"]).encode("cp1251")
    with pytest.raises(RefusedFile, match="declare its `encoding`"):
        proposed(russian)
    _, contract = proposed(russian, dialect=Dialect(encoding="cp1251"))
    assert contract.dialect.encoding == "cp1251"


def test_signs_that_mean_something_in_yaml_stay_what_they_are(proposed):
    header = '"id: [""x"", {y}]\nkind: Else","# day","\x7f\u2028note"'
    cells = "\n".join(f'o{at},2024-01-0{at},"a: #b\x85"' for at in range(1, 6))
    proposal, contract = proposed(f"{header}\n{cells}\n", "a\nkind: Else.csv")
    assert contract.names == ("line_id", "id_x_y_kind_else", "day", "note")
    assert contract.column("note").accepted == ("a: #b\x85",)
    assert proposal.rejected == ()


def test_columns_without_a_usable_header_are_named_and_left_out(proposed):
    proposal, contract = proposed(table("order_id,day,,\u6570\u91cf", "o1,2024-01-01,x,1", "o2,2024-01-02,y,2"))
    assert contract.names == ("order_id", "day")
    assert proposal.findings.nameless == ("column_3", "\u6570\u91cf")
    assert "'column_3' has no header" in proposal.text


@pytest.mark.parametrize(
    ("content", "error"), [("order_id,day\n", DiscoverError), ("", RefusedFile), ("a,a\n1,2\n", RefusedFile)]
)
def test_a_file_that_tells_nothing_is_refused(proposed, content, error):
    with pytest.raises(error):
        proposed(content)


def test_the_source_is_named_after_the_file(tmp_path):
    assert source_name(tmp_path / "Orders 2024-01.final.csv.gz") == "orders_2024_01"
    assert source_name(tmp_path / "2024.csv") == "source_2024"
