"""Counting what was planted, file by file, into the truth of a source. Must not live here: planting itself."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from echo_quality.synthetic.truth_counts import FileTruth, SourceTruth

DUPLICATES = ("duplicate_same_file", "duplicate_later_file", "correction_same_file")
SUPERSEDING = "correction_later_file"
PLANTED = ("late", *DUPLICATES, SUPERSEDING, "bad_repeat")


@dataclass
class FileTally:
    """The rows of one file so far."""

    rows: int = 0
    planted: Counter[str] = field(default_factory=Counter)
    bad_rows: Counter[str] = field(default_factory=Counter)

    def count(self, what: str, rows: int) -> None:
        """Add planted rows."""
        self.planted[what] += rows

    def bad(self, kind: str, rows: int) -> None:
        """Add bad rows of one kind."""
        self.bad_rows[kind] += rows

    def truth(self) -> FileTruth:
        """What must become of the rows."""
        quarantined = self.bad_rows.total()
        duplicates = sum(self.planted[name] for name in DUPLICATES)
        return FileTruth(
            rows_in_file=self.rows,
            staged=self.rows - quarantined - duplicates,
            quarantined=quarantined,
            duplicates=duplicates,
            bad_rows={kind: rows for kind, rows in self.bad_rows.items() if rows},
            planted={name: self.planted[name] for name in PLANTED},
        )


def source_truth(files: Mapping[str, FileTruth], kinds: Sequence[tuple[str, str]]) -> SourceTruth:
    """The files of a source added up; `kinds` pairs each kind of bad row with the column at fault."""
    staged = sum(file.staged for file in files.values())
    superseded = sum(file.planted[SUPERSEDING] for file in files.values())
    bad_rows: Counter[str] = Counter()
    for file in files.values():
        bad_rows.update(file.bad_rows)
    return SourceTruth(
        rows_in_file=sum(file.rows_in_file for file in files.values()),
        staged=staged,
        quarantined=sum(file.quarantined for file in files.values()),
        duplicates=sum(file.duplicates for file in files.values()),
        superseded=superseded,
        current_rows=staged - superseded,
        bad_rows=dict(bad_rows),
        bad_kinds=dict(kinds),
        files=dict(files),
    )
