"""Drawing with matplotlib without its global state: a figure of our looks, as SVG inside a page or as a PNG.

What is drawn is in `plots.py`. Matplotlib is imported when something is drawn; its object API is used, never pyplot.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from html import escape
from typing import Any, TypeGuard

from echo_ml.experiments.pages.palette import LIGHT, themed
from echo_ml.experiments.pages.wording import decimals_for, is_known, number

Draw = Callable[[Any], None]
"""Draws on a matplotlib Figure."""

_TOO_LARGE = 1e12
_STYLE: dict[str, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "echo", "text.parse_math": False, "font.family": ["DejaVu Sans"],
    "font.size": 11.5, "axes.titlesize": 12, "axes.labelsize": 11, "xtick.labelsize": 10.5, "ytick.labelsize": 10.5,
    "legend.fontsize": 10.5, "legend.frameon": False, "axes.spines.top": False, "axes.spines.right": False,
    "axes.edgecolor": LIGHT["line"], "axes.labelcolor": LIGHT["soft"], "axes.titlecolor": LIGHT["ink"],
    "axes.unicode_minus": True, "xtick.color": LIGHT["line"], "ytick.color": LIGHT["line"],
    "xtick.labelcolor": LIGHT["soft"], "ytick.labelcolor": LIGHT["soft"], "text.color": LIGHT["ink"],
    "grid.color": LIGHT["line"], "grid.linewidth": 0.6, "lines.linewidth": 1.8, "figure.facecolor": "none",
    "axes.facecolor": "none", "axes.axisbelow": True,
}  # fmt: skip


def svg(name: str, alt: str, height: float, draw: Draw, width: float = 5.6) -> str:
    """An SVG element, to stand in a page: sizes in inches, scaling with its place; `alt` says what is to be seen.

    The same drawing gives the same text. `name` keeps its identifiers apart from those of other drawings of the page.
    """
    written = io.StringIO()
    with _figure(width, height, draw) as figure:
        figure.savefig(written, format="svg", metadata=dict.fromkeys(("Creator", "Date", "Format", "Type")))
    return themed(_embedded(written.getvalue(), name, alt))


def png(width: float, height: float, draw: Draw, dots_an_inch: int = 110) -> bytes:
    """A picture on white, sizes in inches."""
    written = io.BytesIO()
    with _figure(width, height, draw) as figure:
        figure.savefig(written, format="png", dpi=dots_an_inch, facecolor=LIGHT["paper"])
    return written.getvalue()


def can_be_drawn(value: float | None) -> TypeGuard[float]:
    """Whether a value has a place on an axis: known, and not so large that an axis cannot be divided."""
    return is_known(value) and abs(value) < _TOO_LARGE


@contextmanager
def _figure(width: float, height: float, draw: Draw) -> Iterator[Any]:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # a name in letters that the font lacks
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure)
        yield figure


def _embedded(drawing: str, name: str, alt: str) -> str:
    """The element alone, without what only a file needs; every identifier is unique to the drawing."""
    _, _, rest = drawing.partition("<svg")
    attributes, _, inner = rest.partition(">")
    [box] = re.findall(r'viewBox="[^"]*"', attributes)
    inner = re.sub(r"<(metadata|style)[ >].*?</\1>", "", inner, flags=re.DOTALL)
    inner = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{name}-", inner)
    inner = inner.replace("'DejaVu Sans'", "var(--sans)").replace("xlink:href", "href")
    inner = re.sub(r"\s*\n\s*", "\n", inner)
    return f'<svg role="img" aria-label="{escape(alt)}" {box}>{inner}'


def percent_axis(axis: Any, signed: bool = False) -> None:
    """Label an axis of percent."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{number(value, _digits(value), signed)}%"))


def _digits(value: float) -> int:
    return 0 if abs(value - round(value)) < 1e-9 else min(decimals_for(2, value), 3)


def date_axis(axes: Any) -> None:
    """Label a horizontal axis of days."""
    from matplotlib.dates import AutoDateLocator, DateFormatter

    axes.xaxis.set_major_locator(AutoDateLocator(minticks=2, maxticks=6))
    axes.xaxis.set_major_formatter(DateFormatter("%-d %b"))


def legend_below(axes: Any, distance: float, columns: int = 2) -> None:
    """A legend that covers nothing, below the axis; `distance` in heights of the axes."""
    if axes.get_legend_handles_labels()[0]:  # a name that begins with an underscore is none to it
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -distance), ncols=columns)
