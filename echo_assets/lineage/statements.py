"""Reading SQL: every column with its table, every star written out. The only place that parses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.qualify import qualify
from sqlglot.optimizer.scope import Scope, build_scope

from echo_assets.lineage.errors import LineageError

DIALECT = "postgres"


def qualified(sql: str, schema: Mapping[str, Iterable[str]], name: str) -> exp.Query:
    """The statement with every column qualified by its table and every star written out."""
    try:
        parsed = parse_one(sql, dialect=DIALECT)
        for table in parsed.find_all(exp.Table):
            table.set("catalog", None)  # which database it is does not matter to lineage
        full = qualify(
            parsed, dialect=DIALECT, schema=_nested(schema), validate_qualify_columns=False, quote_identifiers=False
        )
    except (SqlglotError, RecursionError) as error:
        raise LineageError(f"the columns of {name} cannot be followed: {error}") from error
    if not isinstance(full, exp.Query):
        raise LineageError(f"the columns of {name} cannot be followed: it is not a query")
    return full


def scope_of(query: exp.Query) -> Scope:
    """The scopes of a qualified statement: what each name stands for, and where."""
    scope = build_scope(query)
    if scope is None:
        raise LineageError("a statement without a select has no columns")
    return scope


def _nested(schema: Mapping[str, Iterable[str]]) -> dict[str, object]:
    """The columns by schema, table and column, as sqlglot asks for them; types play no part."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for asset, columns in schema.items():
        layer, _, table = asset.partition("/")
        found.setdefault(layer, {})[table] = dict.fromkeys(columns, "unknown")
    return dict(found)
