"""Whether the newest snapshot looks like those before it: shares of missing values, and the population stability index.

The index (PSI) is the symmetrised Kullback-Leibler divergence between shares of the same bins: below 0.1 nothing has
moved, above 0.25 a model would see another population (Siddiqi, Credit Risk Scorecards, 2006). Bins are deciles of the
earlier snapshot, or labels; a missing value is a bin of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from math import log
from typing import Any

from psycopg import Connection, sql

from echo_ml.features.checks.verdict import Verdict, sample_of
from echo_ml.features.declared import NUMBER, TEXT, TRUTH, WHOLE, Feature, FeatureView

COMPARED_DAYS = 28
"""How long before the newest snapshot the one is that it is compared with."""
MINIMUM_ROWS = 100
"""With fewer entities shares mean little, and nothing is judged."""
PSI_BOUND = 0.25
NULL_BOUND = 0.1
"""How far the share of missing values may move."""
_LABELS = 10

Shares = Mapping[str, tuple[int, int]]
"""Rows by bin: in the earlier snapshot, and in the newest."""

_PAIR = """
select newest.day, (select max(snapshot_date) from {table} where snapshot_date <= newest.day - {days})
from (select max(snapshot_date) as day from {table}) as newest
"""
_EDGES = "select {edges} from {table} where snapshot_date = {day}"
_COUNTS = """
select
    {feature}, bin, count(*) filter (where snapshot_date = {before}), count(*) filter (where snapshot_date = {newest})
from (select snapshot_date, {bin} as bin from {table} where snapshot_date in ({before}, {newest})) as binned
group by bin
"""


def null_rates_are_stable(connection: Connection[Any], view: FeatureView) -> Verdict:
    """No feature's share of missing values has moved by more than a tenth since four weeks before."""
    pair = _pair(connection, view)
    if isinstance(pair, Verdict):
        return pair
    rates = [_null_rates(connection, view, day) for day in pair]
    moved = [
        {"feature": name, "missing_before": round(before, 4), "missing_now": round(now, 4)}
        for name, before, now in zip(view.names, *rates, strict=True)
        if abs(now - before) > NULL_BOUND
    ]
    facts = {"features": len(view.features), "moved": len(moved)}
    if moved:
        named = ", ".join(str(each["feature"]) for each in moved)
        return Verdict(False, f"The share of missing values has moved: {named}.", False, facts, sample_of(moved))
    return Verdict(True, "No feature's share of missing values has moved.", is_error=False, facts=facts)


def population_is_stable(connection: Connection[Any], view: FeatureView) -> Verdict:
    """No feature's population stability index against four weeks before is above 0.25."""
    pair = _pair(connection, view)
    if isinstance(pair, Verdict):
        return pair
    found = _binned(connection, view, *pair)
    indices = {name: stability_index(list(shares.values())) for name, shares in found.items()}
    moved = sorted((name for name, psi in indices.items() if psi > PSI_BOUND), key=lambda name: -indices[name])
    worst = max(indices, key=lambda name: indices[name])
    facts = {"features": len(indices), "moved": len(moved), "largest": round(indices[worst], 4), "of": worst}
    if moved:
        sample = [{"feature": name, "psi": round(indices[name], 4)} for name in moved]
        return Verdict(False, f"Another population than before: {', '.join(moved)}.", False, facts, sample_of(sample))
    return Verdict(True, f"The largest index is {indices[worst]:.3f} ({worst}).", is_error=False, facts=facts)


def stability_index(counts: Sequence[tuple[int, int]]) -> float:
    """The PSI of two counts by bin, each bin with half a row more, so that an empty one is no infinity."""
    totals = [sum(side) + len(counts) / 2 for side in zip(*counts, strict=True)]
    shares = [((before + 0.5) / totals[0], (newest + 0.5) / totals[1]) for before, newest in counts]
    return float(sum((newest - before) * log(newest / before) for before, newest in shares))


def _pair(connection: Connection[Any], view: FeatureView) -> tuple[date, date] | Verdict:
    """The day that is compared with and the newest one, or why nothing is judged."""
    table = _table(view)
    pair = sql.SQL(_PAIR).format(table=table, days=sql.Literal(COMPARED_DAYS))
    newest, before = connection.execute(pair).fetchone() or (None, None)
    if newest is None or before is None:
        return Verdict(True, f"There is no snapshot of {COMPARED_DAYS} days before to compare with.", is_error=False)
    counted = sql.SQL("select count(*) from {} where snapshot_date in (%s, %s) group by snapshot_date").format(table)
    if min(count for (count,) in connection.execute(counted, [before, newest])) < MINIMUM_ROWS:
        return Verdict(True, f"Fewer than {MINIMUM_ROWS} rows a snapshot: nothing is judged.", is_error=False)
    return before, newest


def _null_rates(connection: Connection[Any], view: FeatureView, day: date) -> list[float]:
    rates = sql.SQL(", ").join(
        sql.SQL("avg(cast({} is null as int))::float8").format(sql.Identifier(name)) for name in view.names
    )
    statement = sql.SQL("select {} from {} where snapshot_date = %s").format(rates, _table(view))
    return list(connection.execute(statement, [day]).fetchone() or ())


def _binned(connection: Connection[Any], view: FeatureView, before: date, newest: date) -> dict[str, Shares]:
    """Rows by feature and bin."""
    table = _table(view)
    features = [each for each in view.features if each.kind in (WHOLE, NUMBER, TEXT, TRUTH)]
    found: dict[str, dict[str, tuple[int, int]]] = {each.name: {} for each in features}
    statement = sql.SQL(" union all ").join(
        sql.SQL(_COUNTS).format(
            feature=sql.Literal(name), bin=bin_of, table=table, before=sql.Literal(before), newest=sql.Literal(newest)
        )
        for name, bin_of in _bins(connection, table, features, before).items()
    )
    for name, label, *counts in connection.execute(statement):
        found[name][label] = (counts[0], counts[1])
    return dict(found)


def _bins(
    connection: Connection[Any], table: sql.Identifier, features: Sequence[Feature], before: date
) -> dict[str, sql.Composed]:  # fmt: skip
    """For each feature the SQL of its bin: a decile of the earlier snapshot, a label frequent there, or `missing`."""
    numbers = [each for each in features if each.kind in (WHOLE, NUMBER)]
    labels = [each for each in features if each not in numbers]
    found = {}
    if numbers:
        edges = sql.SQL(", ").join(
            sql.SQL(
                "(select array_agg(distinct edge) from unnest(percentile_disc(array[.1,.2,.3,.4,.5,.6,.7,.8,.9]) "
                "within group (order by cast({0} as double precision))) as edge)"
            ).format(sql.Identifier(each.name))
            for each in numbers
        )
        row = connection.execute(sql.SQL(_EDGES).format(edges=edges, table=table, day=sql.Literal(before))).fetchone()
        for each, cuts in zip(numbers, row or [None] * len(numbers), strict=True):
            found[each.name] = sql.SQL(
                "case when {0} is null then 'missing' else "
                "cast(width_bucket(cast({0} as double precision), cast({1} as double precision[])) as text) end"
            ).format(sql.Identifier(each.name), sql.Literal(sorted(cuts or [0.0])))
    for each in labels:
        found[each.name] = sql.SQL(
            "case when {0} is null then 'missing' when cast({0} as text) in (select cast({0} as text) from {1} "
            "where snapshot_date = {2} group by 1 order by count(*) desc, 1 limit {3}) then 'is ' || cast({0} as text) "
            "else 'another' end"
        ).format(sql.Identifier(each.name), table, sql.Literal(before), sql.Literal(_LABELS))
    return found


def _table(view: FeatureView) -> sql.Identifier:
    return sql.Identifier(*view.table.split("."))
