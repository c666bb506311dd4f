"""The table of experiment readouts: its columns, and what keeps a recorded look as it was recorded.

It is no source's table and no model's: rows are only ever added, by the asset `readouts/experiments`.
"""

from __future__ import annotations

from echo_quality.generate.tables import Table, TableColumn

READOUTS = Table(
    schema="experiments",
    name="readouts",
    columns=(
        TableColumn("experiment_id", "text", not_null=True),
        TableColumn("as_of", "date", not_null=True),
        TableColumn("computed_at", "timestamp with time zone", not_null=True, extras=" default clock_timestamp()"),
        TableColumn("decision", "text", not_null=True),
        TableColumn("blocked_by", "text"),
        TableColumn("variant", "text"),
        TableColumn("reasons", "text[]", not_null=True),
        TableColumn("would_change", "text[]", not_null=True),
        TableColumn("paragraph", "text", not_null=True),
        TableColumn("readout", "jsonb", not_null=True),
        TableColumn("run_id", "text"),
    ),
    comment="One row is one experiment as of the end of a day, as it was computed at one moment. Rows are only added.",
)
_ONCE = f"""
create unique index if not exists experiments_readouts_once on {READOUTS.qualified} (experiment_id, as_of, computed_at)
"""
_REFUSE = """
create or replace function experiments.refuse_change() returns trigger language plpgsql as $refuse$
begin
    raise exception 'experiments.readouts is append-only: % is refused', lower(tg_op)
        using hint = 'A readout that was wrong is followed by another one with a later computed_at.';
end
$refuse$
"""
_APPEND_ONLY = f"""
create or replace trigger append_only before update or delete or truncate on {READOUTS.qualified}
for each statement execute function experiments.refuse_change()
"""
_LATEST = f"""
create or replace view experiments.readouts_latest as
select distinct on (experiment_id, as_of) * from {READOUTS.qualified} order by experiment_id, as_of, computed_at desc
"""

GUARDS = (_ONCE, _REFUSE, _APPEND_ONLY, _LATEST)
"""Statements after the table's own: its key, the refusal of any change, and the newest row of each day as a view."""
