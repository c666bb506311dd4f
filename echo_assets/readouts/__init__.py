"""Readouts of experiments: what is counted of them in the warehouse, and the assets and tables of what is found.

The statistics are in `echo_ml.experiments`, which knows no database; nothing here computes one.
"""
