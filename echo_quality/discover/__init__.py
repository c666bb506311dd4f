"""Looking at an unknown file and proposing a contract for it, with the reasons and with what is left open.

`reading` lands the file as text, `profile` measures it, `decisions`, `keys` and `risks` judge, `proposal` writes it
down, `trial` loads the file under it. Nothing here changes a value or guesses what only a person can know.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from pathlib import Path

from echo_quality.contract import Dialect
from echo_quality.discover.decision import Decision
from echo_quality.discover.decisions import decide
from echo_quality.discover.errors import DiscoverError
from echo_quality.discover.keys import roles_of
from echo_quality.discover.profile import profiles_of
from echo_quality.discover.proposal import Findings, contract_text, in_words
from echo_quality.discover.reading import UnknownFile, landed, read_unknown
from echo_quality.discover.risks import Risk, risks_of, totals_of
from echo_quality.discover.trial import rejected_by

__all__ = ["DiscoverError", "Proposal", "discover", "source_name"]
_MEMORY_MB = 256


@dataclass(frozen=True)
class Proposal:
    """A proposed contract: its YAML, the findings behind it, and how many rows each of its rules would reject."""

    text: str
    findings: Findings
    rejected: tuple[tuple[str, int], ...]

    @property
    def is_usable(self) -> bool:
        """Whether the contract can be used as it stands, open questions aside."""
        return bool(self.findings.roles.event)

    @property
    def report(self) -> list[str]:
        """What to tell a person, line by line."""
        return list(in_words(self.findings, self.rejected))


def discover(
    path: Path, source: str, workspace: Path, today: datetime.date, dialect: Dialect | None = None
) -> Proposal:
    """Profile a file and propose a contract; RefusedFile or DiscoverError if it cannot be read."""
    file = read_unknown(path, source, workspace, dialect or Dialect())
    found = _findings(file, path, source, workspace, today)
    text = contract_text(found)
    rejected = rejected_by(text, path, source, workspace) if found.roles.event else ()
    return Proposal(text, found, rejected)


def _findings(file: UnknownFile, path: Path, source: str, workspace: Path, today: datetime.date) -> Findings:
    with landed(file, path, workspace, _MEMORY_MB) as connection:
        profiles = profiles_of(connection, file.fields)
        names = frozenset(each.name for each in file.fields)
        decisions = tuple(decide(connection, each, names - {each.name}) for each in profiles)
        broken = connection.execute("select count(_unparsed) from landed").fetchone() or (0,)
        risks = risks_of(connection, decisions, today, int(broken[0]))
        totals = totals_of(connection, decisions)
        roles = roles_of(connection, decisions)
    if totals:
        risks.append(
            Risk("totals row", "", "the last row adds up the others; as a row of its own it would double them")
        )
    masked = tuple(map(_masked_decision, decisions))
    personal = {each.name for each in decisions if each.personal}
    shown = tuple(replace(risk, sentence=_masked(risk.sentence)) if risk.column in personal else risk for risk in risks)
    told = file.contract.dialect
    dialect = replace(told, encoding=told.encoding or file.notes.get("encoding"))
    rows = profiles[0].rows if profiles else 0
    return Findings(source, _shown(path.name), rows, masked, roles, shown, file.nameless, dialect, totals)


def _masked_decision(decision: Decision) -> Decision:
    if not decision.personal:
        return decision
    return replace(decision, reasons=tuple(map(_masked, decision.reasons)), open=_masked(decision.open))


def _masked(sentence: str) -> str:
    """The sentence with what it quotes as a shape: an example may be a person's."""

    def shape(quoted: re.Match[str]) -> str:
        return re.sub("[0-9]", "9", re.sub("[^\\W0-9]", "a", quoted[0]))

    return re.sub("'[^']*'", shape, sentence)


def _shown(file_name: str) -> str:
    """A file's name on one line of a comment, whatever signs it has."""
    return "".join(sign if sign.isprintable() else "?" for sign in file_name)


def source_name(path: Path) -> str:
    """A name for the source, from the name of its file."""
    stem = path.name.split(".")[0].lower()
    name = re.sub("[^a-z0-9]+", "_", stem).strip("_")[:40].rstrip("_")
    return name if name[:1].isalpha() else f"source_{name}"[:40].rstrip("_")
