"""`echoctl psql`: answers as the server writes them, nothing written, mistakes without a traceback."""

from __future__ import annotations

import pytest
from echoctl import Echoctl


def ask(home: Echoctl, statement: str, *options: str) -> str:
    answered = home("psql", "-c", statement, *options)
    assert (answered.code, answered.err) == (0, "")
    return answered.out


def test_a_table_is_aligned_with_numbers_to_the_right(home: Echoctl) -> None:
    assert ask(home, "select * from (values ('a', 1), ('bcd', 100)) as t (name, number)") == (
        "name  number\n----  ------\na          1\nbcd      100\n"
    )


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("null", ""), ("true", "t"), ("false", "f"), ("1.50::numeric(9,2)", "1.50"), ("0::numeric(9,8)", "0.00000000"),
        ("'infinity'::date", "infinity"), ("'0044-03-15 BC'::date", "0044-03-15 BC"), ("array[1, 2]", "\"{1,2}\""),
        ("'{\"a\": [1, null]}'::jsonb", '"{""a"": [1, null]}"'), ("'x,y'", '"x,y"'), ("E'two\\nlines'", '"two\nlines"'),
        ("timestamptz '2024-01-01 00:00Z'", "2024-01-01 00:00:00+00"), ("1e-7::float8", "1e-07"), ("'ünï'", "ünï"),
    ],
)  # fmt: skip
def test_csv_has_the_servers_own_words(home: Echoctl, expression: str, written: str) -> None:
    assert ask(home, f"select 1 as first, {expression} as value", "--csv") == f"first,value\n1,{written}\n"


def test_a_line_break_in_a_value_does_not_break_a_table(home: Echoctl) -> None:
    assert ask(home, "select E'two\\nlines' as value").splitlines()[2] == "two\\nlines"


def test_a_result_without_rows_is_its_header(home: Echoctl) -> None:
    assert ask(home, "select 1 as nothing where false", "--csv") == "nothing\n"


def test_several_statements_give_several_results(home: Echoctl) -> None:
    assert ask(home, "select 1 as one; select 2 as two", "--csv") == "one\n1\ntwo\n2\n"


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("selec 1", "syntax error"),
        ("select * from nowhere", "does not exist"),
        ("select 1 / 0", "division by zero"),
        ("create table staging.mine ()", "read-only transaction"),
        ("delete from ops.loads", "read-only transaction"),
        ("begin read write; delete from ops.loads", "permission denied"),
        ("select * from mlflow.public.runs", "cross-database"),
        ("copy ops.loads to stdout", "COPY"),
    ],
)
def test_a_statement_that_fails_is_told_in_the_servers_words(home: Echoctl, statement: str, reason: str) -> None:
    told = home("psql", "-c", statement)
    assert told.code == 1
    assert told.err.startswith("echoctl: ")
    assert reason in told.err
    assert "Traceback" not in told.err
