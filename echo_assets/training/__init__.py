"""What the assets of models work with: MLflow's place, the tables beside it, what is due, how checks are reported.

What a model is, how it is trained and when it is good enough is in `echo_ml/models`; the assets are in
`trained_models.py`.
"""
