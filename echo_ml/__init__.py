"""Features, models, experiment statistics and serving as plain libraries: frames in, values out.

Feast, MLflow, scikit-learn, PyMC and SciPy belong here; the orchestrator and the environment do not.
"""
