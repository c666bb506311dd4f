"""Which rows an expression comes from, as an expression itself, of type int8multirange.

A column has the rows of what it is read from; an expression, those of its parts; a case, those of the branch it takes;
an aggregate or window collects those of the rows that it looks at, under the same filter and over the same window. A
sum comes from the rows whose values it adds, a count from the rows that it counts. A join that only looks something up
adds no rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp, parse_one
from sqlglot.optimizer.scope import Scope

from echo_assets.lineage.edges import ROWS
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.select_edges import inputs, inside
from echo_assets.lineage.statements import DIALECT

Rows = exp.Expr | None
"""None for what no row of the source has a part in."""

EMPTY: exp.Expr = parse_one("cast('{}' as int8multirange)", dialect=DIALECT)
_PICKS = (exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue)
_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank, exp.PercentRank, exp.CumeDist, exp.Ntile)


class Sources(Protocol):
    """Tells the rows of a column of what a select reads, making it carry them."""

    def rows_of(self, name: str, table: exp.Table | Scope, column: str) -> Rows:
        """The rows of a column, or with `*` those of the row itself."""


def row_sets(column: str) -> str:
    """The name of the column that holds the rows of a column."""
    return "_rows_of_" + column.replace(ROWS, "")


def collected(rows: exp.Expr) -> exp.Expr:
    """The rows of a group."""
    return exp.Anonymous(this="range_agg", expressions=[rows])


@dataclass(frozen=True)
class RowSets:
    """Reads the expressions of one select."""

    sources: Sources
    asset: str
    scope: Scope

    def of(self, expression: exp.Expr, *, grouped: bool) -> Rows:
        """The rows of an expression; in a select that groups, what is outside an aggregate has those of its group."""
        if isinstance(expression, exp.Column):
            rows = self._of_column(expression)
            return collected(rows) if rows is not None and grouped else rows
        if isinstance(expression, exp.Window):
            return self._of_window(expression, grouped=grouped)
        if isinstance(expression, exp.Filter | exp.WithinGroup):
            return self._of_filter(expression)
        if isinstance(expression, exp.AggFunc):
            rows = self._of_arguments(expression, grouped=False)
            return None if rows is None else collected(rows)
        if isinstance(expression, exp.Case):
            return self._of_case(expression, grouped=grouped)
        if isinstance(expression, exp.Query | exp.Subquery):
            return self._of_subquery(expression)
        return united(self.of(part, grouped=grouped) for part in expression.iter_expressions())

    def own(self) -> Rows:
        """The rows of a row that the select reads: of its first table that has some; of both sides of a full join."""
        found: list[Rows] = []
        for name, join in inputs(self.scope.expression):
            if join is None or join.side == "FULL" or (join.side != "LEFT" and united(found) is None):
                found.append(self._of_source(name, ROWS, self.scope))
        return united(found)

    def _of_column(self, column: exp.Column) -> Rows:
        holder: Scope | None = self.scope
        while holder and column.table not in holder.sources:
            holder = holder.parent
        return self._of_source(column.table, column.name, holder) if holder else None

    def _of_source(self, name: str, column: str, holder: Scope) -> Rows:
        table = holder.sources.get(name)
        if isinstance(table, Scope) and table.is_udtf:
            return united(self._of_column(each) for each in inside(table.expression, exp.Column))
        return None if table is None else self.sources.rows_of(name, table, column)

    def _of_window(self, window: exp.Window, *, grouped: bool) -> Rows:
        function = window.this.this if isinstance(window.this, exp.Filter) else window.this
        if isinstance(function, _RANKS):
            rows = self.own()
            return collected(rows) if rows is not None and grouped else rows
        if isinstance(function, _PICKS):
            rows = self.of(function.this, grouped=grouped)
        else:
            rows = self._of_arguments(function, grouped=grouped)
        if rows is None:
            return None
        picked = _picked(function, rows) if isinstance(function, _PICKS) else collected(rows)
        found = window.copy()
        (found.this if isinstance(window.this, exp.Filter) else found).set("this", picked)
        return found

    def _of_filter(self, expression: exp.Filter | exp.WithinGroup) -> Rows:
        """`... filter (where ...)` collects under the same filter; `within group (order by ...)`, what it orders."""
        if isinstance(expression, exp.WithinGroup):
            rows = self.of(expression.expression, grouped=False)
            return None if rows is None else collected(rows)
        rows = self.of(expression.this, grouped=False)
        return None if rows is None else exp.Filter(this=rows, expression=expression.expression.copy())

    def _of_arguments(self, function: exp.Expr, *, grouped: bool) -> Rows:
        rows = united(self.of(part, grouped=grouped) for part in function.iter_expressions())
        if isinstance(function, exp.Count) and not self._looked_up(function):
            own = self.own()
            rows = rows if own is None else collected(own) if grouped else own
        return self.own() if rows is None and not grouped else rows

    def _looked_up(self, count: exp.Count) -> bool:
        """Whether only columns of a left join are counted: then it counts what was found, not what was looked up."""
        columns = list(inside(count, exp.Column))
        sides = {name: join.side if join else "" for name, join in inputs(self.scope.expression)}
        return bool(columns) and all(sides.get(column.table) == "LEFT" for column in columns)

    def _of_case(self, case: exp.Case, *, grouped: bool) -> Rows:
        branches = [self.of(branch.args["true"], grouped=grouped) for branch in case.args["ifs"]]
        default = case.args.get("default")
        other = self.of(default, grouped=grouped) if default is not None else None
        if all(rows is None for rows in (*branches, other)):
            return united(self.of(branch.this, grouped=grouped) for branch in case.args["ifs"])
        found = case.copy()
        for branch, rows in zip(found.args["ifs"], branches, strict=True):
            branch.set("true", rows if rows is not None else EMPTY.copy())
        found.set("default", other if other is not None else EMPTY.copy())
        return found

    def _of_subquery(self, query: exp.Expr) -> Rows:
        """Nothing, if it reads none of the rows; else this is where following ends."""
        for within in self._scopes_of(query):
            for name, table in within.selected_sources.items():
                if self.sources.rows_of(name, table[1], ROWS) is not None:
                    raise LineageError(f"the rows behind {self.asset} cannot be followed through a subquery")
        return None

    def _scopes_of(self, query: exp.Expr) -> Iterator[Scope]:
        inner = query.unnest()
        for scope in self.scope.subquery_scopes:
            if scope.expression is inner:
                yield from scope.traverse()


def _picked(function: exp.Expr, rows: exp.Expr) -> exp.Expr:
    """The rows of the neighbour that `lag`, `first_value` and their like look at."""
    found = function.copy()
    found.set("default", None)
    found.set("this", rows)
    return found


def united(found: Iterable[Rows]) -> Rows:
    """The rows of several parts together; each part is named once."""
    parts = list({rows.sql(DIALECT): rows for rows in found if rows is not None}.values())
    if len(parts) < 2:
        return parts[0] if parts else None
    known = [exp.Coalesce(this=part, expressions=[EMPTY.copy()]) for part in parts]
    total: exp.Expr = known[0]
    for part in known[1:]:
        total = exp.Add(this=total, expression=part)
    return exp.Paren(this=total)
