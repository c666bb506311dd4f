"""Contracts and what follows from them: tables, typing and rejecting, loading, suites, demo data of known truth.

Plain library: files and rows in, rows and verdicts out. It knows PostgreSQL, DuckDB and Great Expectations, but neither
the orchestrator nor the environment: settings reach it as arguments.
"""
