"""Suites on tables as they stand, rather than on the rows of a load.

Those on marts are written here, one YAML file a layer, in the short form that `reading.py` knows; a new layer
(features, readouts) adds its file. Keys, relationships and identities of models are dbt's: a suite that needs one names
the dbt test under `held_by` and does not state it again. The suites of staging tables follow from the contracts, in
`echo_quality/generate/staging_suite.py`.
"""

from echo_quality.expectations.reading import read_table_suites, suites_of_models
from echo_quality.expectations.table_suite import TableSuite

__all__ = ["TableSuite", "read_table_suites", "suites_of_models"]
