"""The table `experiments.readouts`: rows are added, and only where they say something new; nothing is ever changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from psycopg import Connection
from psycopg.rows import class_row, dict_row

if TYPE_CHECKING:
    from echo_ml.experiments.findings import Readout

_ADD = """
insert into experiments.readouts
    (experiment_id, as_of, decision, blocked_by, variant, reasons, would_change, paragraph, readout, run_id)
select
    %(experiment_id)s, %(as_of)s, %(decision)s, %(blocked_by)s, %(variant)s, %(reasons)s::text[],
    %(would_change)s::text[], %(paragraph)s, %(readout)s::jsonb, %(run_id)s
where not exists (
    select from experiments.readouts_latest as latest
    where latest.experiment_id = %(experiment_id)s and latest.as_of = %(as_of)s
        and latest.readout - %(wording)s::text[] = %(readout)s::jsonb - %(wording)s::text[]
)
"""
_WORDING = ("conditions", "paragraph")
"""What tells the figures, and what is known today of the source, in words: no look differs by them alone."""
_NEWEST = """
select distinct on (experiment_id collate "C") readout as document, computed_at
from experiments.readouts_latest
order by experiment_id collate "C", as_of desc
"""
_LOOKS_BEFORE = """
select distinct on (experiment_id collate "C") readout as document, computed_at
from experiments.readouts
where as_of < %s and decision <> 'BLOCKED'
order by experiment_id collate "C", as_of desc, computed_at
"""
_OF_A_DAY = """
select readout as document, computed_at from experiments.readouts_latest
where experiment_id = %s and as_of = %s
"""
_DECISIONS = """
select distinct on (experiment_id collate "C")
    experiment_id as experiment, as_of::text, decision, blocked_by, variant, reasons, would_change
from experiments.readouts_latest
order by experiment_id collate "C", as_of desc
"""
_NAMES = 'select distinct experiment_id collate "C" from experiments.readouts order by 1'
_DAYS = "select as_of from experiments.readouts_latest where experiment_id = %s order by as_of"


@dataclass(frozen=True)
class Stored:
    """A readout as it was recorded."""

    document: dict[str, Any]
    computed_at: datetime

    @property
    def readout(self) -> Readout:
        """What was recorded, as the statistics said it."""
        from echo_ml.experiments.documents import readout_from

        return readout_from(self.document)


def add(connection: Connection[Any], readout: Readout, run_id: str | None) -> bool:
    """Record a readout, unless the newest one of that experiment and day says the same; whether it was recorded."""
    from echo_ml.experiments.documents import document_of

    decision = readout.decision
    values = {
        "experiment_id": readout.experiment_id,
        "as_of": readout.as_of,
        "decision": str(decision.outcome),
        "blocked_by": decision.blocked_by,
        "variant": decision.variant,
        "reasons": list(decision.reasons),
        "would_change": list(decision.would_change),
        "paragraph": readout.paragraph,
        "readout": document_of(readout),
        "run_id": run_id,
        "wording": list(_WORDING),
    }
    return connection.execute(_ADD, values).rowcount == 1


def newest(connection: Connection[Any]) -> list[Stored]:
    """The newest readout of each experiment, by name."""
    with connection.cursor(row_factory=class_row(Stored)) as cursor:
        return cursor.execute(_NEWEST).fetchall()


def looks_before(connection: Connection[Any], day: date) -> dict[str, Readout]:
    """Each experiment's last look at data before a day, as it was recorded first; a blocked readout is no look."""
    with connection.cursor(row_factory=class_row(Stored)) as cursor:
        found = [each.readout for each in cursor.execute(_LOOKS_BEFORE, [day])]
    return {each.experiment_id: each for each in found}


def of_day(connection: Connection[Any], experiment_id: str, as_of: date) -> Stored | None:
    """The readout of an experiment as of a day, as it was computed last; None if there is none."""
    with connection.cursor(row_factory=class_row(Stored)) as cursor:
        return cursor.execute(_OF_A_DAY, [experiment_id, as_of]).fetchone()


def days(connection: Connection[Any], experiment_id: str) -> list[date]:
    """The days of which an experiment has readouts."""
    return [day for (day,) in connection.execute(_DAYS, [experiment_id])]


def names(connection: Connection[Any]) -> list[str]:
    """Every experiment that was ever read."""
    return [name for (name,) in connection.execute(_NAMES)]


def decisions(connection: Connection[Any]) -> list[dict[str, Any]]:
    """What is decided about each experiment as of its newest day, by name."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(_DECISIONS).fetchall()
