"""Rejected rows as something people work with: their status over all loads, a list, a waiver, an export.

`ledger` keeps the status in step with the tables, inside the transactions of loading; `entries` answers questions and
waives; `masking` says which values may be shown. How a row comes into quarantine is in `echo_quality/loading`.
"""
