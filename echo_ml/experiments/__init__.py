"""Experiment statistics: from additive sufficient statistics to a readout that one can decide by.

What was declared is in `design.py`, what was counted in `evidence.py` and `moments.py`, what is found in `findings.py`;
`analysis.py` makes one of the others. The methods are pure functions over arrays, one package a family. Nothing here
reads a database, a clock or the environment.
"""
