"""Files and functions that can be read in one go, and modules that say what they are for."""

from __future__ import annotations

import ast

from project_files import PACKAGES, files_below, functions, length, name_of, parsed

FILE_LINES = 300
FUNCTION_LINES = 45
SAYS_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc", "base"}


def test_no_file_is_longer_than_one_can_take_in() -> None:
    sizes = {
        name_of(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in files_below(*PACKAGES, "tests", "benchmarks", suffixes=(".py", ".sql"))
    }
    too_long = {name: lines for name, lines in sizes.items() if lines > FILE_LINES}
    assert not too_long, f"more than {FILE_LINES} lines; split them by topic: {too_long}"


def test_no_function_is_longer_than_one_can_take_in() -> None:
    too_long = {
        f"{name_of(path)}:{node.lineno} {node.name}": length(node)
        for path in files_below(*PACKAGES, "tests", "benchmarks")
        for node in functions(parsed(path))
        if length(node) > FUNCTION_LINES
    }
    assert not too_long, f"more than {FUNCTION_LINES} lines; name the parts: {too_long}"


def test_every_module_says_what_lives_in_it() -> None:
    files = files_below(*PACKAGES, "tests", "benchmarks")
    silent = [name_of(path) for path in files if not ast.get_docstring(parsed(path))]
    assert not silent, f"without a docstring that says what lives here, and what must not: {silent}"


def test_a_module_is_named_after_what_it_holds() -> None:
    vague = [name_of(path) for path in files_below(*PACKAGES, "tests") if path.stem in SAYS_NOTHING]
    assert not vague, f"named after nothing in particular; name them after their topic: {vague}"


def test_names_of_test_modules_are_unique() -> None:
    names = [path.name for path in files_below("tests") if path.name != "conftest.py"]
    twice = {name for name in names if names.count(name) > 1}
    assert not twice, f"pytest imports test modules by their bare name; rename one of each: {twice}"
