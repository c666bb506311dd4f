"""From a file to published rows: archive, land as text, type and reject, publish.

In the order of the work: `archive`, `prepare` (any format to a text table), `raw_rows`, `typed_rows`, `publish`; the
bookkeeping they share is in `loads`. Nothing here knows assets, schedules or settings.
"""
