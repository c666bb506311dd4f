"""What the assets of feature views work with: where Feast keeps things, what is due, how checks are reported.

What a view, a store and a check are is in `echo_ml/features`; the assets are in `feature_views.py`, their checks in
`feature_checks.py`.
"""
