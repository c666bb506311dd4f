"""Suites: Great Expectations on landed rows, one named outcome per rule.

A suite is plain JSON, a checkpoint is one suite on one batch, a batch is a SQL query. It knows neither the orchestrator
nor contracts. Great Expectations is imported when the first checkpoint runs, not before.

The forms that a generator of suites should emit. They are the native expectations that Great Expectations counts
together, in one statement, whatever their number. A batch offers each column as the text that arrived (`amount__text`,
blank is NULL) and as its value (`amount`, NULL where the text does not read as one), the text that does not read
(`amount__unreadable`) and, for a rule over several columns, whether it holds (`conversions_at_most_leads__holds`):

    required            expect_column_values_to_not_be_null    {"column": "amount__text"}
    reads as its type   expect_column_values_to_be_null        {"column": "amount__unreadable"}
    accepted values     expect_column_values_to_be_in_set      {"column": "status", "value_set": ["paid", "failed"]}
    range               expect_column_values_to_be_between     {"column": "amount", "min_value": 0, "strict_min": true}
    pattern             expect_column_values_to_match_regex    {"column": "currency__text", "regex": "^[A-Z]{3}$"}
    across columns      expect_column_values_to_be_in_set      {"column": "..._leads__holds", "value_set": [true]}
    well-formed line    expect_column_values_to_be_null        {"column": "_unparsed"}
    rows at all         expect_table_row_count_to_be_between   {"min_value": 1}
    columns present     expect_table_columns_to_match_set      {"column_set": ["amount__text"], "exact_match": false}

- All but the first pass on NULL, the last two are about the table. Bounds of a date or timestamp are ISO text.
- To apply a rule to some rows only, add to its kwargs
  `"row_condition": {"type": "nullity", "column": {"name": "_unparsed"}, "is_null": true}`: rules with the same
  condition are counted together.
- A regex is searched for, not matched in full: anchor it, and write [0-9], which means the same everywhere.
- `unexpected_rows_expectation` is for what needs SQL, a join say. Each costs a statement of its own; double the braces
  that are not {batch}.
- In a batch query, end a level with `offset 0` where the next reads its casts more than once, or PostgreSQL repeats
  them in each place; elsewhere leave it out, since it forbids a parallel plan.

Never: `expect_column_values_to_be_in_set` on dates (compare ranges, or the text), `expect_column_to_exist` (blind to
case), column order, KL divergence.
"""

from echo_quality.suites.declarations import DeclaredCheck, SuiteError, declared_checks
from echo_quality.suites.outcomes import CheckOutcome
from echo_quality.suites.results import store_outcomes
from echo_quality.suites.runner import run_checkpoint

__all__ = ["CheckOutcome", "DeclaredCheck", "SuiteError", "declared_checks", "run_checkpoint", "store_outcomes"]
