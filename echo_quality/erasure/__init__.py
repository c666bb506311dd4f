"""The right to be forgotten: a person leaves rows, quarantine and lake; what must stay countable goes on under a token.

`identity` knows who was erased without knowing them, `redaction` says what is left of one row, `lake` applies it to
files, `tables` to the warehouse; `places` lists every place that a person may be in, and later parts add theirs there.
"""
