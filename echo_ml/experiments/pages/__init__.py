"""What a person sees of a readout: a page, a row of a table, a picture, a paragraph; and the page of all experiments.

Nothing is computed here but how things look. Numbers are written by `wording.py`, charts drawn by `plots.py` and
`lifts.py`, colours are in `palette.py`. Matplotlib and Jinja are imported when they are needed.
"""
