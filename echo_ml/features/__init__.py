"""Features as Feast and serving know them: declared once beside the dbt models, kept offline and online, and checked.

`declared.py` says what a view is, `models_yml.py` reads it from the models' yml, `own_views.py` has the views that no
model declares. SQL is made in `offline_sql.py`, `online_tables.py` and `materialising.py`; Feast's objects and stores
in `feast_objects.py`, `stores.py`, `wide_rows.py` and `registry.py`. `online.py` reads without Feast, `training.py`
with it. This folder is also the feature repository of the `feast` command: `feature_store.yaml`, `repo.py`.
"""
