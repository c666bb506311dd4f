"""Numbers as contracts say they are written: which texts have the form, and the plain decimal that each one means.

The form is one regular expression, which both engines read alike: groups of three digits or none, one sign, at most one
mark of a currency, nothing else. What has the form is rewritten as `-1234.56`, once for DuckDB and once for PostgreSQL;
from there on it is judged like any number.
"""

from __future__ import annotations

from echo_quality.contract import Column, Contract, LogicalType
from echo_quality.generate.sql_text import literal, name, visible
from echo_quality.readings import BLANKS, Negative, NumberForm, Percent

_GAP = f"[{BLANKS}]?"


def plain(column: Column) -> str:
    """The column of the generated SQL that holds the number as a plain decimal, NULL for a text without the form."""
    return name(f"{column.name}__plain")


def currency(column: Column) -> str:
    """The column of the generated SQL with the code of the currency that stands in the cell."""
    return name(f"{column.name}__currency")


def form_of(column: Column, form: NumberForm) -> str:
    """The regular expression of all texts that are such a number."""
    number, bare = _numbers(column, form)
    sign = "[+\u2212-]?" if Negative.MINUS_SIGN in form.negatives else "[+-]?"
    behind = f"(?:{_GAP}{_any(form)})?" if form.marks else ""
    unsigned = [f"(?:{number}|{bare}){behind}" if bare else f"{number}{behind}"]
    forms = []
    if form.marks:
        before = f"{_any(form)}{_GAP}"
        forms.append(f"{before}{sign}{number}")
        unsigned.append(f"{before}{number}")
    core = f"(?:{'|'.join(unsigned)})"
    forms.append(f"{sign}{core}")
    if Negative.PARENTHESES in form.negatives:
        forms.append(f"[(]{core}[)]")
        forms += [f"{_any(form)}{_GAP}[(]{number}[)]", f"[(]{number}[)]{_GAP}{_any(form)}"] if form.marks else []
    if Negative.TRAILING in form.negatives:
        forms.append(f"{core}-")
        forms += [f"{number}-{_GAP}{_any(form)}"] if form.marks else []
    return "|".join(forms)


def _numbers(column: Column, form: NumberForm) -> tuple[str, str]:
    """Unsigned digits, and digits that begin with the decimal mark: none where a mark like `Fr.` may touch them."""
    whole = "[0-9]+"
    if form.thousands:
        whole = f"(?:[1-9][0-9]{{0,2}}(?:[{form.thousands}][0-9]{{3}})+|[0-9]+)"
    percent = {None: "", Percent.FRACTION: f"{_GAP}%", Percent.POINTS: f"(?:{_GAP}%)?"}[form.percent]
    if column.logical_type is LogicalType.INTEGER:
        return whole + percent, ""
    return f"{whole}(?:[{form.decimal}][0-9]*)?{percent}", f"[{form.decimal}][0-9]+{percent}"


def _any(form: NumberForm) -> str:
    """Any mark; a class around what is no letter keeps both engines from reading it as a sign of their own."""
    texts = ("".join(sign if sign.isalpha() else f"[{sign}]" for sign in mark) for mark, _ in form.marks)
    return f"(?:{'|'.join(texts)})"


def plain_in_duckdb(column: Column, form: NumberForm) -> str:
    """Everything but digits and the decimal mark is taken out, character by character."""
    text = name(f"{column.name}__text")
    body = text
    for mark, _ in form.marks:
        if form.decimal in mark:
            body = f"replace({body}, {visible(mark)}, '')"
    others = {*form.thousands, *BLANKS, *"+-\u2212()%", *(sign for mark, _ in form.marks for sign in mark)}
    taken_out = form.decimal + "".join(sorted(others - {form.decimal}))
    digits = f"translate({body}, {visible(taken_out)}, '.')"
    minus = " or ".join(f"contains({text}, {visible(sign)})" for sign in _minus_signs(form))
    signed = f"case when {minus} then '-' else '' end || {_shifted(digits, form)}"
    return f"case when regexp_full_match({text}, {visible(form_of(column, form))}) then {signed} end"


def plain_in_postgres(column: Column, form: NumberForm) -> str:
    """The mark of a currency is cut out, then whatever is neither digit nor decimal mark."""
    text = name(f"{column.name}__text")
    body = f"regexp_replace({text}, {visible(_any(form))}, '')" if form.marks else text
    digits = f"regexp_replace({body}, {literal(f'[^0-9{form.decimal}]')}, '', 'g')"
    if form.decimal != ".":
        digits = f"replace({digits}, {literal(form.decimal)}, '.')"
    minus = f"{text} ~ {visible('[' + ''.join(reversed(_minus_signs(form))) + ']')}"
    signed = f"case when {minus} then '-' else '' end || {_shifted(digits, form)}"
    return f"case when {text} ~ {visible(f'^({form_of(column, form)})$')} then {signed} end"


def _minus_signs(form: NumberForm) -> list[str]:
    """What makes a number negative that has the form; the plain minus comes first."""
    signs = {Negative.PARENTHESES: "(", Negative.MINUS_SIGN: "\u2212"}
    return ["-", *(signs[each] for each in form.negatives if each in signs)]


def _shifted(digits: str, form: NumberForm) -> str:
    """The decimal mark two places to the left for a percentage that is read as a fraction."""
    if form.percent is not Percent.FRACTION:
        return f"({digits})"
    whole = f"split_part({digits}, '.', 1)"
    padded = f"lpad({whole}, cast(greatest(length({whole}), 3) as integer), '0')"
    return f"(left({padded}, -2) || '.' || right({padded}, 2) || split_part({digits}, '.', 2))"


def has_marks(column: Column) -> bool:
    """Whether a currency may stand in the cell."""
    return column.reading.number is not None and bool(column.reading.number.marks)


def currency_of(contract: Contract, column: Column) -> str:
    """The code of the mark in a cell that has the form; the longest mark is looked for first. Both engines read it."""
    form, text = column.reading.number or NumberForm(), name(f"{column.name}__text")
    is_lower = form.currency_column is not None and contract.column(form.currency_column).lower_case
    cases = " ".join(
        f"when strpos({text}, {visible(mark)}) > 0 then {literal(code.lower() if is_lower else code)}"
        for mark, code in form.marks
    )
    return f"case when {plain(column)} is not null then case {cases} end end"


def currency_of_row(column: Column) -> str:
    """What the mark in the cell must agree with: the row's currency, or the one that all rows have."""
    form = column.reading.number or NumberForm()
    return name(form.currency_column) if form.currency_column else literal(str(form.currency))
