"""The serving API: predictions, features, metrics and decisions, each with its origin and what the checks say of it.

`app.py` assembles it from what the composition root (`echoctl serve`) hands in: a read-only database, a source of
models, a reader of features. `routes/` has the endpoints, `documents/` what they answer, `gate/` what every request
passes first. Values are read, never computed here but the prediction itself; nothing is written anywhere.
"""
