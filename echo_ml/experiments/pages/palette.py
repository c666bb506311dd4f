"""The colours of pages and charts, light and dark, by what they are for: one table, so that a chart follows the page.

Arms are told apart by people who see few colours (after Okabe and Ito, darkened for contrast), and by their markers.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff",
    "panel": "#f5f6f8",
    "ink": "#1a1d21",
    "soft": "#565d66",
    "line": "#d3d7dc",
    "link": "#0b5cad",
    "good": "#0a6640",
    "bad": "#a8200d",
    "wait": "#7a4d00",
    "calm": "#3d4a5c",
    "arm0": "#5f6670",
    "arm1": "#0069a6",
    "arm2": "#c04f00",
    "arm3": "#007a59",
    "arm4": "#a03c78",
    "arm5": "#7d6608",
}
DARK = {
    "paper": "#14171b",
    "panel": "#1d2126",
    "ink": "#eceef1",
    "soft": "#aab2bd",
    "line": "#3a4149",
    "link": "#7ab8f5",
    "good": "#5fd39b",
    "bad": "#ff8f7d",
    "wait": "#f2b84b",
    "calm": "#b7c4d6",
    "arm0": "#a3abb5",
    "arm1": "#56b4e9",
    "arm2": "#f0883e",
    "arm3": "#35c79a",
    "arm4": "#e08cc0",
    "arm5": "#e0c341",
}
MARKERS = ("o", "s", "^", "D", "v", "P")


def arm_colour(place: int) -> str:
    """The colour of the arm at this place, control being 0."""
    return LIGHT[f"arm{place if place == 0 else 1 + (place - 1) % 5}"]


def arm_marker(place: int) -> str:
    """Its marker, as matplotlib writes it."""
    return MARKERS[place % len(MARKERS)]


def themed(svg: str) -> str:
    """A drawing in light colours with each of them replaced by the page's variable, which is dark in the dark."""
    for name, colour in LIGHT.items():
        svg = svg.replace(f": {colour}", f": var(--{name})")
    return svg
