"""Writing one source into its folder: pieces of good rows in, planted files and their counts out.

Must not live here: what a source's rows say, or which faults are planted.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import numpy as np

from echo_quality.synthetic.files import rows_to
from echo_quality.synthetic.period import Ints
from echo_quality.synthetic.planting import Planter
from echo_quality.synthetic.recipes import Piece, Recipe
from echo_quality.synthetic.tally import FileTally, source_truth
from echo_quality.synthetic.truth_counts import FileTruth, SourceTruth

Pieces = Callable[[int], Iterable[Piece]]

MOST_ROWS_AT_ONCE = 100_000


def ship(out: Path, recipe: Recipe, names: Sequence[str], pieces: Pieces, rng: np.random.Generator) -> SourceTruth:
    """Write the files of a source in load order; `pieces(i)` gives the good rows of the i-th, at least one piece."""
    folder = out / recipe.source
    folder.mkdir()
    planter = Planter(recipe, rng, len(names))
    files: dict[str, FileTruth] = {}
    for index, name in enumerate(names):
        tally = FileTally()
        with rows_to(folder / name) as target:
            for piece in pieces(index):
                target.write(planter.lay(index, piece, tally))
        if tally.rows:
            files[name] = tally.truth()
    return source_truth(files, [(fault.kind, fault.column) for fault in recipe.faults])


def by_file(piece: Callable[[Ints], Piece], file_of_row: Ints) -> Pieces:
    """Pieces of a source whose rows are known by number: `piece` makes text of some of them, not of all at once."""

    def pieces(file: int) -> Iterable[Piece]:
        here = np.flatnonzero(file_of_row == file)
        return (piece(rows) for rows in np.array_split(here, max(1, -(-len(here) // MOST_ROWS_AT_ONCE))))

    return pieces
