"""The revenue forecast between warehouse, library and MLflow: what is read, when it is due, what is recorded and told.

How revenue is forecast is in `echo_ml/models/forecast`; the asset itself is `echo_assets/revenue_forecast.py`.
"""
