"""How dbt runs inside Dagster: the parsed project, what each step builds, and the two ways of invoking dbt.

The assets themselves are defined in ``echo_assets.dbt_models``; the models are in ``echo_dbt``.
"""
