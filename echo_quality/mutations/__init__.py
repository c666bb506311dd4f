"""Whether checks can fail: every expectation is broken once by a row that is made for it, and kept by another one.

`of_loads.py` and `of_tables.py` derive such rows from what an expectation declares: without a database, so that
`echoctl contract check` can refuse one that no row can break or none can keep (`flaws.py`). `judging.py` has a suite
look at them, in PostgreSQL but in no table: the rows are part of the query. `tampering.py` does the same for the
invariants, in a transaction that is undone.
"""

from echo_quality.mutations.judging import Mutated, mutate_load_suite, mutate_table_suite

__all__ = ["Mutated", "mutate_load_suite", "mutate_table_suite"]
