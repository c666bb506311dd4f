"""What loading must do, as plainly as it can be said: dictionaries instead of tables, a loop instead of statements."""

from __future__ import annotations

from dataclasses import dataclass, field

from loading.hostile_cells import Source
from loading.hostile_drawings import Drawn, Row

Key = tuple[object, ...]
Content = tuple[str | None, ...]
UNREADABLE = ("refused", 0, 0, 0, 0, 0)


@dataclass
class Version:
    """One load of one file: what it would publish, what it rejected, what became of it."""

    number: int
    drawn: Drawn
    share: float
    published: dict[Key, Content] = field(default_factory=dict)
    rejected: list[tuple[int, frozenset[str]]] = field(default_factory=list)
    counts: tuple[object, ...] = UNREADABLE

    @property
    def is_refused(self) -> bool:
        return self.counts[0] == "refused"


@dataclass
class BruteForce:
    """The published state of one source after a sequence of loads."""

    source: Source
    accepted: dict[str, Version] = field(default_factory=dict)
    refused: dict[str, Version] = field(default_factory=dict)
    holders: dict[Key, Version] = field(default_factory=dict)
    number: int = 0

    def load(self, file: str, drawn: Drawn, share: float) -> Version:
        """The version that stands for the file afterwards; an old one if the bytes are already settled."""
        last = self.refused.get(file) or self.accepted.get(file)
        if last and last.drawn.content == drawn.content and (not last.is_refused or last.share == share):
            return last
        self.number += 1
        version = Version(self.number, drawn, share)
        if drawn.has_all_columns:
            self._judge(file, version)
        self.refused.pop(file, None)
        (self.refused if version.is_refused else self.accepted)[file] = version
        return version

    def _judge(self, file: str, version: Version) -> None:
        rows, older = version.drawn.rows, self.accepted.get(file)
        version.rejected = [(number, row.broken) for number, row in enumerate(rows, start=1) if row.broken]
        version.published = published(self.source, [row for row in rows if not row.broken])
        bad, good = len(version.rejected), len(version.published)
        again = len(rows) - bad - good
        if (rows and bad / len(rows) > version.share) or (not rows and older and older.counts[2]):
            version.counts = ("refused", len(rows), 0, good, bad, again)
            return
        repeated = self._publish(version, older)
        status = "replaced" if older else "loaded"
        version.counts = (status, len(rows), good - repeated, 0, bad, again + repeated)

    def _publish(self, version: Version, older: Version | None) -> int:
        """Make its rows the current ones, but where the current one says the same; how many those are."""
        others = {key: holder for key, holder in self.holders.items() if holder is not older}
        repeats = {
            key
            for key, row in version.published.items()
            if key in others and self._rest(others[key].published[key]) == self._rest(row)
        }
        standing = sorted([each for each in self.accepted.values() if each is not older], key=lambda each: each.number)
        latest = {key: each for each in standing for key in each.published}
        self.holders = latest | others | dict.fromkeys(version.published.keys() - repeats, version)
        return len(repeats)

    def current(self) -> dict[Key, Content]:
        """The row of each key."""
        return {key: holder.published[key] for key, holder in self.holders.items()}

    def latest(self) -> dict[Key, Content]:
        """The row of each key by another rule, which must come to the same: that of the latest load which has it."""
        rows: dict[Key, Content] = {}
        for version in sorted(self.accepted.values(), key=lambda version: version.number):
            rows |= version.published
        return rows

    def rejected(self) -> list[tuple[int, int, frozenset[str]]]:
        """Load, row number and broken rules of all rows in quarantine."""
        standing = [*self.accepted.values(), *self.refused.values()]
        return sorted(
            ((version.number, *row) for version in standing for row in version.rejected), key=lambda row: row[:2]
        )

    def _rest(self, content: Content) -> Content:
        """The columns beside the key."""
        names = [column.name for column in self.source.columns]
        return tuple(value for name, value in zip(names, content, strict=True) if name not in self.source.key)


def published(source: Source, rows: list[Row]) -> dict[Key, Content]:
    """The last row of each key; rows without an id are told apart by their occurrence."""
    found: dict[Key, Content] = {}
    for row in rows:
        values = row.values
        key: Key = ("given", *(values[name] for name in source.key))
        if source.derived_from and values[source.key[0]] is None:
            identity = ("derived", *(values[name] for name in source.derived_from))
            key = (*identity, sum(other[: len(identity)] == identity for other in found))
        found[key] = tuple(values[column.name] for column in source.columns)
    return found
