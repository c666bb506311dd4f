"""The proposed contract as YAML: the Open Data Contract Standard, with the reason beside every decision."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from echo_quality.contract import Dialect, LogicalType
from echo_quality.discover.decision import Decision
from echo_quality.discover.keys import Roles
from echo_quality.discover.risks import Risk, Totals
from echo_quality.loading.header import spelling

DERIVED = "line_id"
_WIDTH = 116


@dataclass(frozen=True)
class Findings:
    """All that was found out about a file; what the proposal and its report are written from."""

    source: str
    file_name: str
    rows: int
    decisions: tuple[Decision, ...]
    roles: Roles
    risks: tuple[Risk, ...]
    nameless: tuple[str, ...]
    dialect: Dialect
    totals: Totals | None


def contract_text(found: Findings) -> str:
    """The YAML, valid as it stands unless no column can be the event column."""
    return "\n".join([*_head(found), *_terms(found), *_schema(found), ""])


def _head(found: Findings) -> Iterator[str]:
    yield f"# Proposed from {found.file_name} ({found.rows} rows). Nothing here is certain: read it, decide, and delete"
    yield "# the comments. Rules about what is right (bounds, accepted values) are for whoever knows the business."
    if found.risks:
        yield "#"
        yield "# Look at these first:"
        for risk in found.risks:
            yield from _comment(f"- {risk.column + ': ' if risk.column else ''}{risk.kind}: {risk.sentence}.", "# ")
    for header in found.nameless:
        yield from _comment(f"- {header!r} has no header that a name could be made of; give it one.", "# ")
    yield "apiVersion: v3.0.2"
    yield "kind: DataContract"
    yield f"id: echo-{found.source.replace('_', '-')}"
    yield f"name: {found.source}"
    yield "version: 1.0.0"
    yield "status: draft"
    yield "description:"
    yield f"  purpose: {_text(f'What {found.file_name} holds; say what for.')}"
    yield "team:"
    yield "  - {username: data_team, role: owner}  # who answers for these numbers?"


def _terms(found: Findings) -> Iterator[str]:
    roles = found.roles
    yield "customProperties:"
    if roles.event:
        yield from _comment(f"{roles.event}: {roles.event_reason}.", "  # ")
        yield f"  - {{property: eventColumn, value: {roles.event}}}"
    else:
        yield from _comment(f"OPEN: {roles.event_reason}. A row must belong to a day: which?", "  # ")
        yield "  # - {property: eventColumn, value: ...}"
    if roles.conserved:
        yield f"  - {{property: conserved, value: {roles.conserved}}}  # its sum is accounted for, load by load"
    yield "  - {property: maxRejectedShare, value: 0.05}"
    yield from _reading(found.dialect)
    if any(each.kind is LogicalType.TIMESTAMP for each in found.decisions):
        yield "  # Times without an offset are read as UTC; put the zone in which they were written, if it is another."
        yield "  - {property: timezone, value: UTC}"
    yield from _totals(found.totals)


def _reading(dialect: Dialect) -> Iterator[str]:
    if dialect.encoding not in (None, "utf-8", "utf-8-sig"):
        yield from _comment(f"Read as {dialect.encoding}, since it is no UTF-8; look at names with accents.", "  # ")
        yield f"  - {{property: encoding, value: {dialect.encoding}}}"
    if dialect.header_row:
        yield f"  - {{property: headerRow, value: {dialect.header_row}}}  # what is above it is no data"
    if dialect.sheet:
        yield f"  - {{property: sheet, value: {_value(dialect.sheet)}}}"


def _totals(totals: Totals | None) -> Iterator[str]:
    if totals is None:
        return
    sums = ", ".join(totals.sums)
    yield from _comment(f"The last row adds up the rows above it{f' ({sums})' if sums else ''}.", "  # ")
    if totals.label_column and totals.sums:
        pattern = f"^{totals.label.lower()}"
        written = {"column": totals.label_column, "pattern": pattern, "sums": totals.sums[0]}
        yield f"  - {{property: totalsRow, value: {json.dumps(written, ensure_ascii=False)}}}"


def _schema(found: Findings) -> Iterator[str]:
    yield "schema:"
    yield f"  - name: {found.source}"
    yield "    physicalType: table"
    yield "    dataGranularityDescription: One row is ...  # say what"
    yield "    properties:"
    if not found.roles.key:
        yield from _derived(found)
    for each in found.decisions:
        yield from _column(each, found)


def _derived(found: Findings) -> Iterator[str]:
    taken = {each.name for each in found.decisions}
    name = DERIVED if DERIVED not in taken else f"{found.source[:32]}_{DERIVED}"
    reason = found.roles.key_reason
    yield from _comment(f"{reason[:1].upper()}{reason[1:]}. So it is derived from the values below.", "      # ")
    yield from _comment("Equal rows of one file stay several. Take out what may be corrected later.", "      # ")
    yield f"      - name: {name}"
    yield "        logicalType: string"
    yield "        required: true"
    yield "        primaryKey: true"
    yield "        customProperties:"
    yield f"          - {{property: derivedFrom, value: [{', '.join(found.roles.derived_from)}]}}"


def _column(each: Decision, found: Findings) -> Iterator[str]:
    reasons = "; ".join(each.reasons)
    if each.name in found.roles.key:
        reasons += f"; key: {found.roles.key_reason}"
    yield from _comment(f"{reasons[:1].upper()}{reasons[1:]}. {_filled(each)}", "      # ")
    yield f"      - name: {each.name}"
    yield f"        logicalType: {'object' if each.kind is LogicalType.JSON else each.kind.value}"
    yield from _part_it_plays(each, found.roles)
    if each.personal:
        yield f"        classification: personal  # it looks like {each.personal}"
    header = each.profile.column.header.strip()
    if spelling(header) != each.name:
        yield f"        synonyms: [{{synonym: {_text(header)}}}]"
    if each.open:
        yield from _comment(f"OPEN: {each.open}. Put in one of these:", "        # ")
        yield from (f"        #   {line}" for line in each.choices)
    yield from _declared(each)


def _part_it_plays(each: Decision, roles: Roles) -> Iterator[str]:
    if _never_missing(each) or each.name == roles.event or each.name in roles.key:
        yield "        required: true"
    if each.name in roles.key:
        yield "        primaryKey: true"
        yield f"        primaryKeyPosition: {roles.key.index(each.name) + 1}"


def _never_missing(each: Decision) -> bool:
    """Whether every row has a value, and it may stay so: an erasure blanks personal data that is no text."""
    can_be_blanked = bool(each.personal) and each.kind is not LogicalType.STRING
    return each.profile.is_full and "nullTexts" not in dict(each.properties) and not can_be_blanked


def _declared(each: Decision) -> Iterator[str]:
    if each.labels:
        yield f"        enum: [{', '.join(f'{{value: {_text(label)}}}' for label in each.labels)}]"
    properties = [*each.properties, *([("acceptedSeverity", "warning")] if each.labels else [])]
    if properties:
        yield "        customProperties:"
        yield from (f"          - {{property: {name}, value: {_value(value)}}}" for name, value in properties)


def _is_iso(each: Decision) -> bool:
    return each.is_moment and not each.open and "formats" not in dict(each.properties)


def _filled(each: Decision) -> str:
    profile = each.profile
    empty = profile.rows - profile.filled
    seen = f"From {profile.lowest} to {profile.highest}. " if _is_iso(each) else ""
    return (
        f"{'' if each.personal else seen}{empty or 'No'} value{'s are' if empty != 1 and empty else ' is'} missing,"
        + (f" {profile.distinct} differ.")
    )


def _comment(sentence: str, prefix: str) -> Iterator[str]:
    """A sentence as lines of comments."""
    line = prefix
    for word in "".join(sign if sign.isprintable() else " " for sign in sentence).split():
        if len(line) + len(word) > _WIDTH and line.strip("# "):
            yield line.rstrip()
            line = prefix + "  "
        line += word + " "
    yield line.rstrip()


def _text(text: str) -> str:
    """A text as YAML reads it back, whatever it holds."""
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _value(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def in_words(found: Findings, rejected: Sequence[tuple[str, int]]) -> Iterator[str]:
    """The report: how many rows would load, what holds others back, and the risks."""
    roles = found.roles
    yield f"{found.file_name}: {found.rows} rows, {len(found.decisions)} columns, proposed as source {found.source}"
    yield f"key: {', '.join(roles.key) or 'derived from ' + ', '.join(roles.derived_from)} ({roles.key_reason})"
    yield f"day of a row: {roles.event or 'OPEN'} ({roles.event_reason})"
    personal = [f"{each.name} ({each.personal})" for each in found.decisions if each.personal]
    if personal:
        yield f"marked as personal: {', '.join(personal)}"
    if found.nameless:
        yield f"left out, for want of a usable header: {', '.join(map(repr, found.nameless))}"
    for risk in found.risks:
        yield f"{risk.kind}: {risk.column + ': ' if risk.column else ''}{risk.sentence}"
    for rule, rows in rejected:
        yield f"with this proposal {rows} rows would be quarantined by {rule}"
