"""What a person sees of a readout: a page, a row of a table, a picture, a paragraph; and the page of all experiments.

Nothing is computed here but how things look. Numbers are written by `wording.py`, charts drawn by `plots.py` and
`lift_plots.py`, colours are in `palette.py`. Matplotlib and Jinja are imported when they are needed.
"""

from echo_ml.experiments.pages.page import page_of
from echo_ml.experiments.pages.paragraph import paragraph_of
from echo_ml.experiments.pages.portfolio_page import portfolio_page
from echo_ml.experiments.pages.tables import picture_of, table_of

__all__ = ["page_of", "paragraph_of", "picture_of", "portfolio_page", "table_of"]
