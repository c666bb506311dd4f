"""A checkpoint fails closed: whatever goes wrong is red or an error, never green."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from echo_assets import server
from echo_quality.suites import CheckOutcome, SuiteError, run_checkpoint
from echo_quality.suites.batches import sqlalchemy_url

pytestmark = pytest.mark.database

Outcomes = Callable[..., Mapping[str, CheckOutcome]]
Expect = Callable[..., dict[str, Any]]
NOT_NULL = "expect_column_values_to_not_be_null"
MATCHES = "expect_column_values_to_match_regex"
ROW_QUERY = "unexpected_rows_expectation"
THREE_ROWS = "select n as _row_number, n::text as amount from generate_series(1, 3) as n"


@pytest.mark.law(10)
@pytest.mark.parametrize(
    ("kind", "kwargs", "reason"),
    [
        ("expect_column_values_to_not_be_nul", {"column": "amount"}, "expect_column_values_to_not_be_nul not found"),
        (NOT_NULL, {"colum": "amount"}, "colum; *extra fields not permitted"),
        (NOT_NULL, {"column": "amount", "mostl": 0.5}, "mostl; *extra fields not permitted"),
        (NOT_NULL, {"column": "amount", "mostly": {"$PARAMETER": "share"}}, "No value found for .PARAMETER share"),
        (NOT_NULL, {"column": "amuont"}, 'The column "amuont" in BatchData does not exist'),
        (NOT_NULL, {"column": "Amount"}, "Amount"),
        (MATCHES, {"column": "amount", "regex": "(["}, "invalid regular expression"),
        (MATCHES, {"column": "_row_number", "regex": "1"}, "operator does not exist"),
        (ROW_QUERY, {"unexpected_rows_query": "select amuont from {batch}"}, 'column "amuont" does not exist'),
        (
            ROW_QUERY,
            {"unexpected_rows_query": "select 1 from {batch} where amount ~ '1{2}'"},
            "To include a literal brace",
        ),
        (
            ROW_QUERY,
            {"unexpected_rows_query": "select 1 / (n - n) from {batch}, generate_series(1, 1) as n"},
            "division by zero",
        ),
    ],
)
def test_an_expectation_that_cannot_be_evaluated_is_red_alone_and_says_why(
    outcomes_of: Outcomes, expect: Expect, kind: str, kwargs: dict[str, Any], reason: str
) -> None:
    sound = [
        expect("amount_not_null", NOT_NULL, column="amount"),
        expect("a_digit", MATCHES, column="amount", regex="^[0-9]$"),
    ]
    outcomes = outcomes_of([sound[0], expect("faulty", kind, **kwargs), sound[1]], THREE_ROWS)
    assert list(outcomes) == ["amount_not_null", "faulty", "a_digit"]
    assert [outcome.check for outcome in outcomes.values() if not outcome.passed] == ["faulty"]
    faulty = outcomes["faulty"]
    assert (faulty.evaluated_count, faulty.unexpected_count, faulty.sample) == (None, None, ())
    assert re.search(reason, str(faulty.error))
    assert "SQL" not in str(faulty.error)


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("select amuont from generate_series(1, 3) as amount", 'column "amuont" does not exist'),
        ("select 1 / (n - 1) as share from generate_series(1, 3) as n", "division by zero"),
        ("select 1 as n; drop table x", "cannot insert multiple commands"),
        ("select 1 as n, 2 as n", 'column "n" specified more than once'),
    ],
)
def test_a_batch_that_cannot_be_read_stops_the_suite(
    outcomes_of: Outcomes, expect: Expect, query: str, reason: str
) -> None:
    with pytest.raises(SuiteError, match=f"Suite raw_revenue_data: its batch cannot be read.*({reason})"):
        outcomes_of([expect("n_not_null", NOT_NULL, column="n")], query)


def test_a_server_that_does_not_answer_stops_the_suite(expect: Expect) -> None:
    suite = {"name": "s", "expectations": [expect("n_not_null", NOT_NULL, column="n")]}
    with pytest.raises(SuiteError, match="nothing was evaluated"):
        run_checkpoint(suite, "postgresql://echo@127.0.0.1:1/echo", "select 1 as n")


@pytest.mark.parametrize(
    ("url", "taken_as"),
    [
        (
            "postgresql://echo@127.0.0.1:5/echo?passfile=/a/b",
            "postgresql+psycopg://echo@127.0.0.1:5/echo?passfile=/a/b",
        ),
        ("postgres://echo@host/echo", "postgresql+psycopg://echo@host/echo"),
        ("postgresql://echo@/echo?host=/run/pg", "postgresql+psycopg://echo@localhost/echo?host=/run/pg"),
        ("postgresql://echo:se$cret@host/echo", "postgresql+psycopg://echo:se%24cret@host/echo"),
    ],
)
def test_a_libpq_url_is_taken_as_it_is_written(url: str, taken_as: str) -> None:
    assert sqlalchemy_url(url) == taken_as


def test_another_kind_of_database_is_refused_by_its_scheme() -> None:
    with pytest.raises(SuiteError, match="its scheme is 'mysql'"):
        sqlalchemy_url("mysql://localhost/echo")


def test_a_lost_connection_is_red_and_the_next_checkpoint_works(outcomes_of: Outcomes, expect: Expect) -> None:
    ends_session = "select 1 from {batch} where pg_terminate_backend(pg_backend_pid())"
    lost = outcomes_of([expect("ends_the_session", ROW_QUERY, unexpected_rows_query=ends_session)], THREE_ROWS)
    assert lost["ends_the_session"].error
    assert outcomes_of([expect("amount_not_null", NOT_NULL, column="amount")], THREE_ROWS)["amount_not_null"].passed


def test_only_the_rows_of_the_load_are_judged(fresh_database: server.Databases, expect: Expect) -> None:
    with psycopg.connect(fresh_database.url()) as connection:
        connection.execute("create table landed (_load_id bigint, _row_number bigint, amount text)")
        connection.execute("insert into landed values (16, 1, null), (17, 1, '5'), (17, 2, null), (17, 3, '6')")
    suite = {"name": "raw_revenue_data", "expectations": [expect("amount_not_null", NOT_NULL, column="amount")]}
    (outcome,) = run_checkpoint(suite, fresh_database.url(), "select * from landed where _load_id = 17")
    assert (outcome.evaluated_count, outcome.unexpected_count) == (3, 1)
    assert outcome.sample == ({"_row_number": 2, "_load_id": 17, "amount": None},)


@pytest.mark.parametrize(
    ("kind", "kwargs"),
    [
        (MATCHES, {"column": "amount", "regex": "^x"}),
        (ROW_QUERY, {"unexpected_rows_query": "select _row_number, amount from {batch};"}),
    ],
)
def test_the_count_is_of_all_rows_and_the_sample_is_as_long_as_asked(
    outcomes_of: Outcomes, expect: Expect, kind: str, kwargs: dict[str, Any]
) -> None:
    many = THREE_ROWS.replace("3", "5000")
    outcome = outcomes_of([expect("never", kind, **kwargs)], many, sample_size=7)["never"]
    assert (outcome.evaluated_count, outcome.unexpected_count, outcome.unexpected_percent) == (5000, 5000, 100)
    assert len(outcome.sample) == 7
    assert set(outcome.sample[0]) == {"_row_number", "amount"}


def test_a_tolerated_share_passes_with_its_count_and_its_rows(outcomes_of: Outcomes, expect: Expect) -> None:
    mostly = expect("mostly_small", MATCHES, column="amount", regex="^[12]$", mostly=0.5)
    outcome = outcomes_of([mostly], THREE_ROWS)["mostly_small"]
    assert (outcome.passed, outcome.unexpected_count) == (True, 1)
    assert outcome.sample == ({"_row_number": 3, "amount": "3"},)


def test_sql_that_looks_like_a_parameter_or_a_format_is_left_alone(outcomes_of: Outcomes, expect: Expect) -> None:
    query = "select n as _row_number, ' :a %s {b}'::text as amount from generate_series(1, 3) as n where n % 2 = 1;"
    rows = "select * from {batch} where amount ~ '(?:a|b)' and amount like '%:a \\%s {{b}}' -- :note"
    outcome = outcomes_of([expect("all_of_them", ROW_QUERY, unexpected_rows_query=rows)], query)["all_of_them"]
    assert (outcome.error, outcome.unexpected_count) == (None, 2)


def test_masked_columns_are_masked_in_samples_and_errors(outcomes_of: Outcomes, expect: Expect) -> None:
    query = "select 1 as _row_number, 'jo@example.org'::text as email__text"
    casts = "select email__text::date from {batch}"
    outcomes = outcomes_of(
        [
            expect("email_form", MATCHES, columns=("email",), column="email__text", regex="[.]com$"),
            expect("email_alias", ROW_QUERY, unexpected_rows_query="select email__text as address from {batch}"),
            expect("email_cast", ROW_QUERY, unexpected_rows_query=casts),
        ],
        query,
        masked=frozenset({"email"}),
    )
    assert outcomes["email_form"].sample == ({"_row_number": 1, "email__text": "j***"},)
    assert outcomes["email_alias"].sample == ({"address": "j***"},)
    assert "invalid input syntax for type date" in str(outcomes["email_cast"].error)
    assert "example" not in str([outcome.metadata() for outcome in outcomes.values()])


def test_a_passfile_in_an_awkward_folder_is_found(databases: server.Databases, expect: Expect, tmp_path: Path) -> None:
    url, _, passfile = databases.url().partition("passfile=")
    copy = tmp_path / "a $HOME & 100%" / "pass file"
    copy.parent.mkdir()
    copy.touch(mode=0o600)
    copy.write_text(Path(passfile).read_text())
    suite = {"name": "s", "expectations": [expect("amount_not_null", NOT_NULL, column="amount")]}
    (outcome,) = run_checkpoint(suite, f"{url}passfile={quote(str(copy))}", THREE_ROWS)
    assert outcome.passed


def test_checkpoints_of_several_threads_do_not_mix(databases: server.Databases, expect: Expect) -> None:
    def failing_rows(count: int) -> int | None:
        suite = {"name": f"suite_{count}", "expectations": [expect("none", MATCHES, column="amount", regex="^x")]}
        return run_checkpoint(suite, databases.url(), THREE_ROWS.replace("3", str(count)))[0].unexpected_count

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(failing_rows, [1, 20, 300, 4000])) == [1, 20, 300, 4000]


def test_a_checkpoint_leaves_no_connection_and_no_table_behind(
    fresh_database: server.Databases, expect: Expect
) -> None:
    suite = {"name": "s", "expectations": [expect("amount_not_null", NOT_NULL, column="amount")]}
    run_checkpoint(suite, fresh_database.url(), THREE_ROWS)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(fresh_database.url(), autocommit=True) as connection:
        deadline = time.monotonic() + 5
        while (left := connection.execute(others).fetchone()) != (0,) and time.monotonic() < deadline:
            connection.execute("select pg_sleep(0.01)")
        assert left == (0,)
        assert connection.execute("select relname from pg_class where relname ~ 'gx|echo_batch'").fetchall() == []
