"""What each column of one statement is made of, through its CTEs, stars, unions, joins and windows, down to its tables.

What is decided here, for want of a standard:

- a constant is made of nothing;
- an aggregate or a window function is also made of what decides the rows it looks at: the rows of the tables (`*`) and
  the columns of where, of inner joins, and of group by;
- a column that is taken from a joined table is also made of the columns of the join's condition;
- a left join is taken to find at most one row, so it does not decide which rows there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from echo_assets.lineage.edges import ROWS, Column, How
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.statements import qualified, scope_of

Deps = frozenset[tuple[Column, How]]
_NOTHING: Deps = frozenset()
_DECIDING = frozenset({"where", "having", "group", "distinct", "limit", "order"})
"""Clauses that decide which rows a select has; the order only together with a limit."""
_WITH_ROWS = (exp.AggFunc, exp.Window)


def columns_of(sql: str, schema: Mapping[str, Iterable[str]], name: str) -> dict[str, Deps]:
    """For each column of the statement, in its order, what it is made of; `*` is what decides which rows there are.

    `schema` gives the columns of every table by asset; `name` is what an error calls the statement.
    """
    scope, reader = scope_of(qualified(sql, schema, name)), _Reader(name, schema)
    return {**reader.outputs(scope), ROWS: reader.rows(scope)}


@dataclass
class _Reader:
    """Follows columns through the scopes of one statement; each scope is read once."""

    name: str
    schema: Mapping[str, Iterable[str]]
    _outputs: dict[int, dict[str, Deps]] = field(default_factory=dict)
    _rows: dict[int, Deps] = field(default_factory=dict)

    def outputs(self, scope: Scope) -> dict[str, Deps]:
        """What each output column of a scope is made of."""
        if id(scope) not in self._outputs:
            self._outputs[id(scope)] = {}  # a recursive CTE adds nothing to itself
            self._outputs[id(scope)] = self._read(scope)
        return self._outputs[id(scope)]

    def rows(self, scope: Scope) -> Deps:
        """What decides which rows a scope has."""
        if id(scope) not in self._rows:
            self._rows[id(scope)] = _NOTHING
            self._rows[id(scope)] = frozenset((column, "rows") for column, _ in self._read_rows(scope))
        return self._rows[id(scope)]

    def _read(self, scope: Scope) -> dict[str, Deps]:
        query = scope.expression
        if isinstance(query, exp.SetOperation):
            branches = [list(self.outputs(branch).values()) for branch in scope.set_operation_scopes]
            return {
                name: frozenset().union(*each)
                for name, *each in zip(query.named_selects, *branches, strict=True)  # by position, as SQL does
            }
        if not isinstance(query, exp.Query):
            return {}
        return {each.alias_or_name: self._of(each, scope) for each in query.selects}

    def _read_rows(self, scope: Scope) -> Iterator[tuple[Column, How]]:
        query = scope.expression
        for branch in scope.set_operation_scopes:
            yield from self.rows(branch)
            if query.args.get("distinct"):
                yield from frozenset().union(*self.outputs(branch).values())
        if isinstance(query, exp.Select):
            clauses = _DECIDING if query.args.get("limit") else _DECIDING - {"order"}
            for clause in sorted(clauses):
                yield from self._plain(query.args.get(clause), scope)
            for source, join in inputs(query):
                if join is None or join.side != "LEFT":
                    yield from self._rows_of(source, scope)
                    yield from self._plain(join.args.get("on") if join else None, scope)

    def _rows_of(self, source: str, scope: Scope) -> Deps:
        found = scope.sources.get(source)
        if isinstance(found, exp.Table):
            return self._of_table(found, ROWS, scope)
        if isinstance(found, Scope):
            return self._of_function(found) if found.is_udtf else self.rows(found)
        return _NOTHING

    def _of(self, expression: exp.Expr, scope: Scope) -> Deps:
        """What an expression of the select list is made of."""
        found = self._plain(expression, scope)
        if any(True for _ in inside(expression, _WITH_ROWS)):
            found |= self.rows(scope)
        return found

    def _plain(self, expression: exp.Expr | None, scope: Scope) -> Deps:
        """What the columns and subqueries within an expression are made of."""
        if expression is None:
            return _NOTHING
        found: set[tuple[Column, How]] = set()
        for column in inside(expression, exp.Column):
            found |= self._column(column, scope)
        for query in inside(expression, exp.Query):
            within = next((each for each in scope.subquery_scopes if each.expression is query), None)
            if within:
                found |= frozenset().union(*self.outputs(within).values()) | self.rows(within)
        return frozenset(found)

    def _column(self, column: exp.Column, scope: Scope) -> Deps:
        holder: Scope | None = scope
        while holder and column.table not in holder.sources:
            holder = holder.parent  # a subquery that looks at the row around it
        if holder is None:
            return _NOTHING if column.table else self._unqualified(column.name, scope)
        found = holder.sources[column.table]
        if isinstance(found, exp.Table):
            own = self._of_table(found, column.name, holder)
        elif found.is_udtf:
            own = self._of_function(found)
        else:
            own = self.outputs(found).get(column.name, _NOTHING)
        return own | self._condition(column.table, holder)

    def _unqualified(self, column: str, scope: Scope) -> Deps:
        """A column without its table, which sqlglot leaves in `distinct on`: of the first table that has it."""
        for name, _ in inputs(scope.expression):
            found = scope.sources.get(name)
            known = self.schema.get(asset_of(found), ()) if isinstance(found, exp.Table) else _selected(found)
            if column in known:
                return self._column(exp.column(column, name), scope)
        for each in _selects(scope):
            if each.alias == column and not (isinstance(each.this, exp.Column) and not each.this.table):
                return self._plain(each.this, scope)
        raise LineageError(f"the columns of {self.name} cannot be followed: unknown column {column}")

    def _condition(self, source: str, scope: Scope) -> Deps:
        """What decides which row of a joined table is found; the joined table's own columns are taken as they are."""
        if not isinstance(scope.expression, exp.Select):
            return _NOTHING
        join = next((join for name, join in inputs(scope.expression) if join and name == source), None)
        if join is None or join.args.get("on") is None:
            return _NOTHING
        others = [each for each in inside(join.args["on"], exp.Column) if each.table != source]
        found = (self._column(each, scope) for each in others if _comes_before(each.table, source, scope.expression))
        return frozenset((column, "rows") for deps in found for column, _ in deps)

    def _of_table(self, table: exp.Table, name: str, scope: Scope) -> Deps:
        if not isinstance(table.this, exp.Identifier):  # from generate_series(...)
            return self._plain(table.this, scope)
        return frozenset({(Column(asset_of(table), name), "rows" if name == ROWS else "value")})

    def _of_function(self, function: Scope) -> Deps:
        """What a table function (`generate_series`, `unnest`, `values`) is made of: its arguments."""
        return self._plain(function.expression, function)


def inputs(query: exp.Expr) -> Iterator[tuple[str, exp.Join | None]]:
    """The names of a select's tables, in their order, each with the join that adds it."""
    first = query.args.get("from_") or query.args.get("from")
    if first:
        yield first.this.alias_or_name, None
    for join in query.args.get("joins") or ():
        yield join.this.alias_or_name, join


def _comes_before(one: str, other: str, query: exp.Expr) -> bool:
    names = [name for name, _ in inputs(query)]
    return one in names and names.index(one) < names.index(other)


def inside(expression: exp.Expr, kinds: type[exp.Expr] | tuple[type[exp.Expr], ...]):  # type: ignore[no-untyped-def]
    """The nodes of these kinds below an expression, itself included, without those of a subquery."""
    for node in expression.walk(prune=lambda each: isinstance(each, exp.Query) and not isinstance(each, exp.Subquery)):
        if isinstance(node, kinds):
            yield node


def _selected(scope: Scope | None) -> list[str]:
    query = scope.expression if scope else None
    return query.named_selects if isinstance(query, exp.Query) else []


def _selects(scope: Scope) -> list[exp.Expr]:
    return scope.expression.selects if isinstance(scope.expression, exp.Query) else []


def asset_of(table: exp.Table) -> str:
    """The asset that a table of a statement is."""
    return f"{table.db}/{table.name}" if table.db else table.name
