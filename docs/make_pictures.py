"""Draws `docs/images/asset_graph.png`, the asset graph as it is defined: one box an asset, with its number of checks.

    .venv/bin/python docs/make_pictures.py

Run it when assets are added, and commit the picture. It needs no database; a Chromium draws (CHROMIUM names another).
"""

from __future__ import annotations

import os
import shutil
from collections import defaultdict
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from statistics import fmean

from playwright.sync_api import sync_playwright

from echo_assets.definitions import build
from echo_assets.settings import Settings

PICTURE = Path(__file__).parent / "images" / "asset_graph.png"
HEIGHT, GAP, ROW, HEAD, MARGIN, LETTER, COUNT = 27, 44, 33, 34, 18, 8.3, 44
COLOURS = ("#64748b", "#b45309", "#1d4ed8", "#78716c", "#7c3aed", "#0f766e", "#15803d", "#be185d", "#0369a1", "#a16207")


@dataclass
class Box:
    """An asset on the picture."""

    name: str
    group: str
    checks: int
    above: list[str]
    below: list[str] = field(default_factory=list)
    column: int = 0
    x: float = 0.0
    y: float = 0.0
    width: float = 0.0


def boxes() -> dict[str, Box]:
    """Every asset of the definitions, linked with those below it."""
    graph = build(Settings.from_environment({})).resolve_asset_graph()
    found = {}
    for key in sorted(graph.get_all_asset_keys(), key=str):
        node = graph.get(key)
        above = [parent.to_user_string() for parent in node.parent_keys if graph.has(parent)]
        found[key.to_user_string()] = Box(key.path[-1], str(node.group_name), len(node.check_keys), above)
    for name, box in found.items():
        for parent in box.above:
            found[parent].below.append(name)
    return found


def place(found: dict[str, Box]) -> dict[tuple[int, str], list[Box]]:
    """Give every box its column, as near as may be to what is built from it, and its row.

    What nothing is built from stands as far from its sources as the longest way to it. The result is by column and
    group.
    """
    depths: dict[str, int] = {}
    for name in found:
        _depth(found, name, depths)
    for name in sorted(found, key=lambda name: -depths[name]):
        box = found[name]
        box.column = min((found[child].column - 1 for child in box.below), default=depths[name])
    groups: dict[tuple[int, str], list[Box]] = defaultdict(list)
    for box in found.values():
        groups[box.column, box.group].append(box)
    x = float(MARGIN)
    for column in range(1 + max(box.column for box in found.values())):
        x = _stack(found, [groups[each] for each in groups if each[0] == column], x)
    return groups


def _depth(found: dict[str, Box], name: str, known: dict[str, int]) -> int:
    if name not in known:
        known[name] = max((1 + _depth(found, parent, known) for parent in found[name].above), default=0)
    return known[name]


def _stack(found: dict[str, Box], groups: list[list[Box]], x: float) -> float:
    """Put the groups of a column below one another, those that end there last, and near what they are built from.

    The result is where the next column begins.
    """

    def height(box: Box) -> float:
        return fmean(found[parent].y for parent in box.above) if box.above else 0.0

    def order(group: list[Box]) -> tuple[bool, bool, float]:
        return not any(box.below for box in group), not any(box.above for box in group), fmean(map(height, group))

    y = float(MARGIN)
    for group in sorted(groups, key=order):
        y += HEAD
        for box in sorted(group, key=lambda box: (height(box), box.name)):
            box.x, box.y, y = x, y, y + ROW
        y += MARGIN / 2
    column = [box for group in groups for box in group]
    width = COUNT + LETTER * max(len(box.name) for box in column)
    lower = fmean(height(box) for box in column) - fmean(box.y for box in column)
    for box in column:
        box.y, box.width = box.y + max(lower, 0), width
    return x + width + GAP


def drawing(found: dict[str, Box], groups: dict[tuple[int, str], list[Box]]) -> str:
    """The picture as SVG: lines first, so that boxes lie on them."""
    colours = dict(zip(dict.fromkeys(group for _, group in sorted(groups)), COLOURS * 3, strict=False))
    lines = [_line(found[parent], box, colours) for box in found.values() for parent in box.above]
    shapes = [_shape(box, colours[box.group]) for box in found.values()]
    titles = [
        f'<text class="title" x="{min(box.x for box in group)}" y="{min(box.y for box in group) - 9}"'
        f' fill="{colours[name]}">{escape(name)}</text>'
        for (_, name), group in groups.items()
    ]
    right = max(box.x + box.width for box in found.values()) + MARGIN
    bottom = max(box.y for box in found.values()) + HEIGHT + MARGIN
    style = "text {font: 13.5px 'DejaVu Sans', sans-serif} .title {font: bold 15px 'DejaVu Sans', sans-serif}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{right}" height="{bottom}"><style>{style}</style>'
        f'<rect width="100%" height="100%" fill="white"/>{"".join([*lines, *shapes, *titles])}</svg>'
    )


def _line(above: Box, below: Box, colours: dict[str, str]) -> str:
    start, end, bend = above.x + above.width, below.x, GAP * 0.9
    top, bottom = above.y + HEIGHT / 2, below.y + HEIGHT / 2
    path = f"M{start},{top} C{start + bend},{top} {end - bend},{bottom} {end},{bottom}"
    return f'<path d="{path}" fill="none" stroke="{colours[above.group]}" stroke-opacity="0.45" stroke-width="1.6"/>'


def _shape(box: Box, colour: str) -> str:
    place = f'x="{box.x}" y="{box.y}" width="{box.width}" height="{HEIGHT}" rx="5"'
    right, middle = box.x + box.width - 7, box.y + HEIGHT / 2 + 5
    return (
        f'<rect {place} fill="white"/><rect {place} fill="{colour}" fill-opacity="0.1" stroke="{colour}"/>'
        f'<text x="{box.x + 8}" y="{middle}" fill="#0f172a">{escape(box.name)}</text>'
        f'<text x="{right}" y="{middle}" fill="{colour}" text-anchor="end">✓{box.checks}</text>'
    )


def main() -> None:
    """Draw, and say where."""
    found = boxes()
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(device_scale_factor=1.5)
        page.set_content(drawing(found, place(found)))
        PICTURE.parent.mkdir(exist_ok=True)
        page.locator("svg").screenshot(path=PICTURE)
        browser.close()
    print(f"{PICTURE}: {len(found)} assets, {PICTURE.stat().st_size // 1024} KB")


if __name__ == "__main__":
    main()
