"""What is slow has something quick beside it: no folder of tests and no law is left to the slow ones alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from project_files import files_below, functions, name_of, parsed

from echo_assets.settings import PROJECT

LAWS = PROJECT / "docs" / "laws.md"
ONLY_SLOW = {
    "browser": "drives a real browser",
    "golden": "needs files beside the checkout, and has a target of its own",
}
SLOW = "pytest.mark.slow"


def _is_slow(mark: ast.expr, names: dict[str, str]) -> bool:
    """Whether a decorator or an element of `pytestmark` is the marker, by itself or under a name of the module."""
    text = ast.unparse(mark)
    return names.get(text, text) == SLOW


def _marks_of(tree: ast.Module) -> tuple[list[ast.expr], dict[str, str]]:
    """What a module marks all its tests with, and the names it has for marks."""
    given = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    names = {name: ast.unparse(value) for name, value in given.items()}
    whole = given.get("pytestmark")
    return whole.elts if isinstance(whole, ast.List) else [whole] if whole else [], names


def quick_tests(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """The tests of a file of which at least one case runs with `make test`."""
    tree = parsed(path)
    whole, names = _marks_of(tree)
    if any(_is_slow(mark, names) for mark in whole):
        return
    for node in functions(tree):
        if node.name.startswith("test_") and not any(_is_slow(mark, names) for mark in node.decorator_list):
            yield node


def test_every_folder_of_tests_keeps_quick_ones() -> None:
    files = [path for path in files_below("tests") if path.name.startswith("test_")]
    folders = {path.parent.name for path in files} - ONLY_SLOW.keys()
    quick = {path.parent.name for path in files if next(quick_tests(path), None)}
    assert not folders - quick, (
        f"nothing of these runs before a push; give the slow tests a short sibling: {folders - quick}"
    )


def test_every_law_is_asked_by_a_quick_test() -> None:
    laws = {int(number) for number in re.findall(r"^\| (\d+) \|", LAWS.read_text(encoding="utf-8"), re.MULTILINE)}
    marked: dict[int, set[str]] = {law: set() for law in laws}
    for path in files_below("tests"):
        for node in quick_tests(path):
            for number in re.findall(r"pytest\.mark\.law\((\d+)\)", " ".join(map(ast.unparse, node.decorator_list))):
                marked.setdefault(int(number), set()).add(f"{name_of(path)}: {node.name}")
    assert laws, f"no law is in {name_of(LAWS)}"
    assert marked.keys() == laws, f"not in {name_of(LAWS)}: {marked.keys() - laws}"
    assert not [law for law, tests in marked.items() if not tests], "mark a quick test of it: @pytest.mark.law(n)"
