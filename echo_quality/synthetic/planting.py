"""Planting faults between the good rows of one source: late, repeated, corrected and bad rows, each counted.

Lives here: which row meets which fate and where its copies land. Must not live here: what a bad cell looks like
(recipes.py and each source) or any figure but row counts. Every good row arrives exactly once as itself, whatever is
planted around it, so that no planted row moves a figure.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from echo_quality.synthetic.cells import numbered
from echo_quality.synthetic.period import Flags, Floats, Ints
from echo_quality.synthetic.recipes import Fate, Piece, Recipe
from echo_quality.synthetic.tally import FileTally

MAX_BAD_SHARE = 0.03
_MAX_DELAY = 3
_LATER = (Fate.LATE, Fate.DUPLICATE_LATER_FILE, Fate.CORRECTION_LATER_FILE)
_CORRECTED = (Fate.CORRECTION_SAME_FILE, Fate.CORRECTION_LATER_FILE)
_COPIED = (Fate.DUPLICATE_SAME_FILE, Fate.CORRECTION_SAME_FILE)
_BAD = (Fate.BAD_COPY, Fate.BAD_REPEAT)


class Planter:
    """Plants one source, file after file; keeps what has to arrive in a later file."""

    def __init__(self, recipe: Recipe, rng: np.random.Generator, files: int) -> None:
        """Start with the first of `files` files."""
        self._recipe = recipe
        self._rng = rng
        self._files = files
        self._thresholds = recipe.shares.thresholds()
        self._waiting: list[list[tuple[Fate, pa.Table]]] = [[] for _ in range(files)]
        self._faults_made = 0
        self._ids_made = 0

    def lay(self, file: int, piece: Piece, tally: FileTally) -> pa.Table:
        """The rows to write for a piece of a file, in order, together with what was waiting for the file."""
        rows, count = piece.rows, piece.rows.num_rows
        fates = self._fates(file, piece)
        self._keep_for_later(file, rows, fates)
        here = np.flatnonzero(fates != Fate.LATE)
        copied = np.flatnonzero(np.isin(fates, _COPIED))
        spoiled = np.flatnonzero(np.isin(fates, _BAD))
        laid = [_as_first_told(piece, fates).take(here), rows.take(copied), self._spoil(rows, fates, spoiled, tally)]
        below = copied + self._rng.uniform(0.5, count - copied + 0.5)
        places = [here.astype(float), below, self._anywhere(len(spoiled), count)]
        for fate, arriving in self._arrivals(file):
            laid.append(arriving)
            places.append(self._anywhere(arriving.num_rows, count))
            tally.count(fate.name.lower(), arriving.num_rows)
        for fate in (*_COPIED, Fate.BAD_REPEAT):
            tally.count(fate.name.lower(), int((fates == fate).sum()))
        order = np.argsort(np.concatenate(places), kind="stable")
        tally.rows += len(order)
        return pa.concat_tables(laid).take(pa.array(order))

    def _fates(self, file: int, piece: Piece) -> Ints:
        drawn = self._rng.random(piece.rows.num_rows)
        fates: Ints = np.searchsorted(self._thresholds, drawn, side="right").astype(np.int64)
        if file == self._files - 1:
            fates[np.isin(fates, _LATER)] = Fate.PLAIN
        fates[np.isin(fates, _CORRECTED) & ~_told_otherwise(piece)] = Fate.PLAIN
        most_bad = int(MAX_BAD_SHARE * len(fates)) if self._recipe.faults else 0
        fates[np.flatnonzero(np.isin(fates, _BAD))[most_bad:]] = Fate.PLAIN
        return fates

    def _keep_for_later(self, file: int, rows: pa.Table, fates: Ints) -> None:
        later = np.flatnonzero(np.isin(fates, _LATER))
        delays = self._rng.integers(1, _MAX_DELAY + 1, len(later))
        arrival = np.minimum(file + delays, self._files - 1)
        for when in np.unique(arrival):
            for fate in _LATER:
                chosen = later[(arrival == when) & (fates[later] == fate)]
                if len(chosen):
                    self._waiting[int(when)].append((fate, rows.take(chosen)))

    def _arrivals(self, file: int) -> list[tuple[Fate, pa.Table]]:
        arriving, self._waiting[file] = self._waiting[file], []
        return arriving

    def _anywhere(self, rows: int, count: int) -> Floats:
        return self._rng.uniform(-1, count, rows)

    def _spoil(self, rows: pa.Table, fates: Ints, spoiled: Ints, tally: FileTally) -> pa.Table:
        """Bad copies of some rows, the kinds of fault taking turns."""
        table = rows.take(spoiled)
        if not len(spoiled):
            return table
        table = self._with_fresh_ids(table, fates[spoiled] == Fate.BAD_COPY)
        kinds = (self._faults_made + np.arange(len(spoiled))) % len(self._recipe.faults)
        self._faults_made += len(spoiled)
        for index, fault in enumerate(self._recipe.faults):
            mask = kinds == index
            tally.bad(fault.kind, int(mask.sum()))
            for column, cell in fault.cells.items():
                table = _replaced(table, column, pc.if_else(pa.array(mask), cell, table[column]))
        return table

    def _with_fresh_ids(self, table: pa.Table, fresh: Flags) -> pa.Table:
        recipe = self._recipe
        numbers = recipe.next_id + self._ids_made + np.cumsum(fresh) - 1
        self._ids_made += int(fresh.sum())
        ids = numbered(recipe.id_prefix, numbers, recipe.id_width)
        return _replaced(table, recipe.id_column, pc.if_else(pa.array(fresh), ids, table[recipe.id_column]))


def _told_otherwise(piece: Piece) -> Flags:
    """Rows whose earlier text differs in some column."""
    differs: Flags = np.zeros(piece.rows.num_rows, dtype=bool)
    for column, told in piece.before.items():
        differs |= pc.not_equal(piece.rows[column], told).to_numpy(zero_copy_only=False)
    return differs


def _as_first_told(piece: Piece, fates: Ints) -> pa.Table:
    table, corrected = piece.rows, pa.array(np.isin(fates, _CORRECTED))
    for column, told in piece.before.items():
        table = _replaced(table, column, pc.if_else(corrected, told, table[column]))
    return table


def _replaced(table: pa.Table, column: str, values: pa.ChunkedArray) -> pa.Table:
    return table.set_column(table.column_names.index(column), column, values)
