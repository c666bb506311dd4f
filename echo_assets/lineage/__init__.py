"""Lineage by column, from a column of a file to a column of a mart; neither Dagster nor a database is needed here.

`select_edges` reads one statement, `project` the whole dbt project with the contracts below it, `graph` answers
questions about the result, and `provenance` writes the query that finds the rows behind a figure.
"""
