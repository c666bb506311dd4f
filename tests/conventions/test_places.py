"""Where configuration may come from: no variable is read but by the settings, no file names a machine's own paths."""

from __future__ import annotations

import ast
import re

from project_files import PACKAGES, TOP_LEVEL, files_below, name_of, parsed

from echo_assets.settings import PROJECT

SETTINGS = "echo_assets/settings.py"
PERSONAL = re.compile(r"(?<![\w.${}~/-])/(?:home|root|Users|work|mnt|media)/[\w.-]+")


def _reads_a_variable(node: ast.AST) -> bool:
    """`os.environ["NAME"]`, `os.environ.get("NAME")` or `os.getenv("NAME")`, with the name written out."""
    text = ast.unparse(node)
    if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
        return bool(re.fullmatch(r"(os\.)?environ\['\w+'\]", text))
    return isinstance(node, ast.Call) and bool(re.match(r"(os\.)?(environ\.get|getenv)\('\w+'", text))


def test_only_the_settings_read_the_environment() -> None:
    readers = {
        f"{name_of(path)}:{getattr(node, 'lineno', 0)}"
        for path in files_below(*PACKAGES)
        if name_of(path) != SETTINGS
        for node in ast.walk(parsed(path))
        if _reads_a_variable(node)
    }
    assert not readers, f"read in {SETTINGS}, document in .env.example, and pass the value on: {sorted(readers)}"


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    texts = files_below(*PACKAGES, "tests", "docs", "benchmarks", suffixes=(".py", ".sql", ".yml", ".yaml", ".md"))
    found = {
        f"{name_of(path)}:{number}: {match[0]}"
        for path in [*texts, *(PROJECT / name for name in TOP_LEVEL)]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        if (match := PERSONAL.search(line))
    }
    assert not found, f"paths of one machine; make them relative, or a setting: {sorted(found)}"
