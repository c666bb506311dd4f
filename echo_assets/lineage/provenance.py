"""The query that finds the rows behind a figure: the models' own SQL, with the numbers of the rows carried through.

Every select on the way from a table below the models to the figure gets one more column: the set of `_row_id`s that the
value came from, as an int8multirange. So nothing is declared beside the models, and what is found cannot differ from
what they do; that the query gives the figure again proves it. What an expression has of its rows is in `row_sets.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from echo_assets.lineage.edges import ROWS
from echo_assets.lineage.errors import LineageError
from echo_assets.lineage.row_sets import EMPTY, RowSets, collected, row_sets
from echo_assets.lineage.select_edges import asset_of, inside
from echo_assets.lineage.statements import DIALECT, qualified, scope_of


@dataclass(frozen=True)
class Provenance:
    """What to put before a select from `figures`: the traced statements."""

    ctes: str
    figures: str
    rows: str
    """The column of `figures` that holds the row numbers."""


Columns = Mapping[str, Mapping[str, str]]
"""The columns of every asset, each with its type: what a model computes is rounded to it when it is stored.

A type of '' leaves a column as it is computed."""


def provenance(asset: str, column: str, base: str, sql: Mapping[str, str], columns: Columns) -> Provenance | None:
    """The query for a column and a table with `_row_id` below; None if no row of it has a part in the column.

    `sql` is the compiled SQL of every model by asset. LineageError where a statement cannot be followed.
    """
    tracer = _Tracer(base, sql, columns)
    if not tracer.carries(asset, column):
        return None
    return Provenance(tracer.ctes(), _cte_name(asset), row_sets(column))


@dataclass
class _Tracer:
    """Adds columns to the statements of the models between; a model that has none of the rows stays a table."""

    base: str
    sql: Mapping[str, str]
    columns: Columns
    _models: dict[str, _Model] = field(default_factory=dict)
    _carrying: set[str] = field(default_factory=set)

    def carries(self, asset: str, column: str) -> bool:
        """Make the model carry the rows of a column; False if it has none."""
        if asset not in self.sql:
            return False
        if asset not in self._models:
            self._models[asset] = _Model(self, asset, qualified(self.sql[asset], self.columns, asset))
        found = self._models[asset].carries(column)
        if found:
            self._carrying.add(asset)
        return found

    def ctes(self) -> str:
        """The statements of all models that carry rows, each under a name of its own and after those that it reads."""
        reads = {asset: self._models[asset].reads() & self._carrying for asset in sorted(self._carrying)}
        return "with " + ",\n".join(self._cte(asset) for asset in TopologicalSorter(reads).static_order())

    def _cte(self, asset: str) -> str:
        model = self._models[asset]
        kinds = self.columns[asset].items()
        typed = [f'cast("{name}" as {kind}) as "{name}"' if kind else f'"{name}"' for name, kind in kinds]
        columns = ", ".join([*typed, *(f'"{row_sets(column)}"' for column in model.carried())])
        return f"{_cte_name(asset)} as (\nselect {columns} from (\n{model.text(self._carrying)}\n) as computed)"


class _Model:
    """One model's statement, with more columns the more is asked for."""

    def __init__(self, tracer: _Tracer, asset: str, query: exp.Query) -> None:
        if any(each.args.get("recursive") for each in query.find_all(exp.With)):
            raise LineageError(f"the rows behind {asset} cannot be followed: it is recursive")
        self._tracer, self._asset, self._query = tracer, asset, query
        self._root = scope_of(query)
        self._carried: dict[tuple[int, str], bool] = {}
        self._united: dict[int, exp.Select] = {}
        self._grouped: dict[int, bool] = {}

    def carries(self, column: str) -> bool:
        return self._carry(self._root, column)

    def carried(self) -> list[str]:
        """The columns of which the model carries the rows."""
        return [column for (scope, column), found in self._carried.items() if found and scope == id(self._root)]

    def reads(self) -> set[str]:
        """The assets that the model reads."""
        return {asset_of(table) for table in self._query.find_all(exp.Table) if table.db}

    def text(self, carrying: Iterable[str]) -> str:
        """The statement, reading the models that carry rows under their new names."""
        for table in list(self._query.find_all(exp.Table)):
            if table.db and asset_of(table) in carrying:
                alias = exp.TableAlias(this=exp.to_identifier(table.alias_or_name))
                table.replace(exp.Table(this=exp.to_identifier(_cte_name(asset_of(table))), alias=alias))
        return self._query.sql(DIALECT, pretty=True)

    def rows_of(self, name: str, table: exp.Table | Scope, column: str) -> exp.Expr | None:
        """The rows of a column (`*` for those of the row itself) of what a select reads as `name`."""
        if isinstance(table, exp.Table):
            if not isinstance(table.this, exp.Identifier):
                return None
            if asset_of(table) == self._tracer.base:
                return _own_row(name)
            found = self._tracer.carries(asset_of(table), column)
        else:
            found = self._carry(table, column)
        return exp.column(row_sets(column), name, quoted=True) if found else None

    def _carry(self, scope: Scope, column: str) -> bool:
        """Make a scope carry the rows of one of its columns; False if it has none."""
        key = (id(scope), column)
        if key not in self._carried:
            self._carried[key] = False
            self._carried[key] = self._append(scope, column)
        return self._carried[key]

    def _append(self, scope: Scope, column: str) -> bool:
        leaves = self._leaves(scope)
        place = None if column == ROWS else _query(scope).named_selects.index(column)
        found = [self._rows_of_output(leaf, place) for leaf in leaves]
        if all(rows is None for rows in found):
            return False
        for leaf, rows in zip(leaves, found, strict=True):
            _add(_query(leaf), rows or EMPTY.copy(), row_sets(column))
        if id(scope) in self._united:
            united = exp.column(row_sets(column), "united", quoted=True)
            _add(self._united[id(scope)], collected(united), row_sets(column))
        return True

    def _rows_of_output(self, leaf: Scope, place: int | None) -> exp.Expr | None:
        select = _query(leaf)
        if id(leaf) not in self._grouped:
            self._grouped[id(leaf)] = _prepared(select, self._asset)
        reader = RowSets(self, self._asset, leaf)
        if place is not None:
            return reader.of(select.selects[place].unalias(), grouped=self._grouped[id(leaf)])
        own = reader.own()
        return collected(own) if own is not None and self._grouped[id(leaf)] else own

    def _leaves(self, scope: Scope) -> list[Scope]:
        """The selects of a union, in order; a plain select is its own. A `union` becomes a grouped `union all`."""
        query = scope.expression
        if not isinstance(query, exp.SetOperation):
            return [scope]
        unions = [
            query,
            *(each.expression for each in _branches(scope) if isinstance(each.expression, exp.SetOperation)),
        ]
        whole = bool(query.args.get("distinct"))
        if any(not isinstance(each, exp.Union) or (each.args.get("distinct") and not whole) for each in unions):
            raise LineageError(f"the rows behind {self._asset} cannot be followed through its except, or mixed unions")
        for each in unions:
            each.set("distinct", False)
        if whole:
            self._united[id(scope)] = self._unite(query)
        return [each for each in _branches(scope) if isinstance(each.expression, exp.Select)]

    def _unite(self, query: exp.Query) -> exp.Select:
        names = list(query.named_selects)
        outer = exp.select(*(exp.column(name, "united", quoted=True) for name in names))
        outer.group_by(*(str(number + 1) for number in range(len(names))), copy=False)
        if query is self._query:
            self._query = outer
        else:
            query.replace(outer)
        outer.from_(exp.Subquery(this=query, alias=exp.TableAlias(this=exp.to_identifier("united"))), copy=False)
        return outer


def _query(scope: Scope) -> Any:
    """The select or union of a scope."""
    return scope.expression


def _branches(scope: Scope) -> Iterator[Scope]:
    """The selects and unions below a union, from left to right."""
    for branch in scope.set_operation_scopes:
        yield branch
        yield from _branches(branch)


def _prepared(select: exp.Select, asset: str) -> bool:
    """Whether a select groups; `distinct` is rewritten as a grouping by everything, so that rows can be collected."""
    distinct = select.args.get("distinct")
    grouped = bool(select.args.get("group")) or any(_aggregates(each) for each in select.selects)
    if distinct and not distinct.args.get("on"):
        if grouped:
            raise LineageError(f"the rows behind {asset} cannot be followed through a distinct over groups")
        select.set("distinct", None)
        select.group_by(*(str(number + 1) for number in range(len(select.selects))), copy=False)
        return True
    return grouped


def _aggregates(expression: exp.Expr) -> bool:
    """Whether an expression holds an aggregate that is not a window's."""
    windows = {id(node) for window in inside(expression, exp.Window) for node in (window.this, window.this.this)}
    return any(id(node) not in windows for node in inside(expression, exp.AggFunc))


def _add(select: exp.Select, rows: exp.Expr, name: str) -> None:
    select.select(exp.alias_(rows, name, quoted=True), append=True, copy=False)


def _own_row(name: str) -> exp.Expr:
    """The row itself; none where a join has found nothing, since a range without ends would be every row."""
    number = exp.column("_row_id", name)
    row = exp.func("int8multirange", exp.func("int8range", number, number.copy(), exp.Literal.string("[]")))
    return exp.Case(ifs=[exp.If(this=exp.Not(this=exp.Is(this=number.copy(), expression=exp.null())), true=row)])


def _cte_name(asset: str) -> str:
    return "traced_" + asset.replace("/", "_")
