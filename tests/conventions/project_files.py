"""The files that the conventions are about; no tests."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from echo_assets.settings import PROJECT

PACKAGES = ("echo_assets", "echo_dbt", "echo_ml", "echo_quality", "echo_streaming")
NOT_WRITTEN_BY_HAND = {"generated", "target", "logs", "dbt_packages", "__pycache__", ".mypy_cache", ".hypothesis"}
TOP_LEVEL = (
    "Makefile", "Dockerfile", "docker-compose.yml", "README.md", "dagster.yaml", "workspace.yaml", "pyproject.toml",
    ".env.example", ".ci/run", ".github/workflows/ci.yml",
)  # fmt: skip


def files_below(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> list[Path]:
    """Every file written by hand below these folders of the project, in order."""
    return sorted(
        path
        for folder in folders
        for path in (PROJECT / folder).rglob("*")
        if path.suffix in suffixes and not NOT_WRITTEN_BY_HAND & set(path.relative_to(PROJECT).parts)
    )


def name_of(path: Path) -> str:
    """A file as a message names it."""
    return str(path.relative_to(PROJECT))


def parsed(path: Path) -> ast.Module:
    """A Python file's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function and method."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """A function's length in lines, without its decorators."""
    return (node.end_lineno or node.lineno) - node.lineno + 1
