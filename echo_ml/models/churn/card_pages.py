"""A model card as Markdown and as a page of its own, and the picture of its calibration. How things look, no figure."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

from echo_ml.experiments.pages.canvas import png, svg
from echo_ml.experiments.pages.palette import DARK, LIGHT
from echo_ml.models.churn.card import CALIBRATION, Card, Section
from echo_ml.models.churn.figures import Bin, Figures

_STYLE = """
body { background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; margin: 0 auto;
    max-width: 56rem; padding: 1.5rem; }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 0.5rem 0 1rem; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; }
h2 { font-size: 1.15rem; margin: 1.5rem 0 0.25rem; } svg { height: auto; max-width: 28rem; width: 100%; }
"""


def markdown(card: Card) -> str:
    """The card as Markdown, tables as tables."""
    parts = [f"# {card.title}"]
    for section in card.sections:
        parts += [f"## {section.title}", *section.sentences]
        if section.rows:
            lines = [section.columns, ("---",) * len(section.columns), *section.rows]
            parts.append("\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def page(card: Card, figures: Figures) -> str:
    """The card as one HTML page that needs nothing else, with its calibration drawn."""
    sections = "".join(_section(section, figures) for section in card.sections)
    colours = (
        f":root {{ {_variables(LIGHT)} }} "
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK)} }} }}"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(card.title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{colours}{_STYLE}</style></head>'
        f"<body><h1>{escape(card.title)}</h1>{sections}</body></html>\n"
    )


def _section(section: Section, figures: Figures) -> str:
    sentences = "".join(f"<p>{escape(sentence)}</p>" for sentence in section.sentences)
    drawing = ""
    if section.title == CALIBRATION:
        drawing = svg("calibration", "Predicted and observed churn.", 3.4, _drawn(figures.curve))
    return f"<section><h2>{escape(section.title)}</h2>{sentences}{drawing}{_table(section)}</section>"


def _table(section: Section) -> str:
    if not section.rows:
        return ""
    head = "".join(f'<th scope="col">{escape(each)}</th>' for each in section.columns)
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in section.rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def calibration_picture(figures: Figures) -> bytes:
    """The calibration curve as a PNG."""
    return png(5.0, 3.4, _drawn(figures.curve))


def _drawn(curve: Sequence[Bin]) -> Any:
    def draw(figure: Any) -> None:
        axes = figure.subplots()
        top = max([each.predicted for each in curve] + [each.observed for each in curve] + [0.05]) * 1.1
        axes.plot([0, top], [0, top], color=LIGHT["line"], label="as predicted")
        predicted, observed = [each.predicted for each in curve], [each.observed for each in curve]
        axes.plot(predicted, observed, marker="o", color=LIGHT["arm1"], label="a tenth of the customers")
        axes.set(xlabel="predicted share", ylabel="share that churned", xlim=(0, top), ylim=(0, top))
        axes.grid(visible=True)
        axes.legend(loc="upper left")

    return draw


def _variables(colours: dict[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())
