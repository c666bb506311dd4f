"""Contracts of event streams: what they say, how they are written down, and the JSON Schemas that are made of them.

A stream has no file, no table in `raw` and no suite; what becomes of its events is the business of `echo_streaming`.
"""
