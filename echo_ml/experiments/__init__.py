"""Experiment statistics: from additive sufficient statistics to a readout that one can decide by.

What was declared is in `design.py`, what was counted in `moments.py`, what is found in `findings.py`; the methods are
pure functions over arrays, one module a family. Nothing here reads a database, a clock or the environment.
"""
