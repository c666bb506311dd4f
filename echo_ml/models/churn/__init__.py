"""Churn: how likely an active customer is to show no sign of life within the horizon.

`labels.py` has who is asked about and what came of them, `split.py` which snapshots and customers teach and which test,
`training_set.py` both with their features as one versioned frame. `candidates.py` has the models, `cross_fitting.py`
lets each predict customers and times it has not seen, `figures.py` and `noise.py` say how well, `promotion.py` decides,
`training.py` does all of it in order; `card.py` tells it. `scoring.py` applies a model to a snapshot.
Plain functions over frames: nothing here reads the environment, knows Dagster, or keeps a connection.
"""

EXPERIMENT = "churn_prediction"
MODEL = "churn_predictor"
SERVICE = "churn_v1"
