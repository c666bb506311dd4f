"""Jinja as the pages use it: all is escaped, numbers are written by `wording.py`, and what is not there is an error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from echo_ml.experiments.design import Design, Method, Metric
from echo_ml.experiments.findings import Comparison, Interval, Path
from echo_ml.experiments.pages import wording
from echo_ml.experiments.pages.palette import DARK, LIGHT
from echo_ml.experiments.pages.wording import Scale

if TYPE_CHECKING:
    from jinja2 import Environment

_TEMPLATES = File(__file__).with_name("templates")


def rendered(template: str, charts: Mapping[str, str | None], **context: Any) -> str:
    """A template's page; `charts` are SVG elements of our own making, put in as they are."""
    drawn = {name: _markup(drawing) for name, drawing in charts.items()}
    if "paths" in context:
        context["paths"] = [(path, _markup(drawing)) for path, drawing in context["paths"]]
    return _environment().get_template(template).render(charts=drawn, **context)


def _markup(drawing: str | None) -> Any:
    from markupsafe import Markup

    return None if drawing is None else Markup(drawing)  # noqa: S704


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    found = Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    style = _markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))
    found.globals.update(style=style, light=LIGHT, dark=DARK, variables=_variables)
    found.filters.update(_filters())
    found.tests["known"] = wording.is_known
    return found


def _filters() -> dict[str, Any]:
    same = (
        wording.count, wording.percent, wording.exactly, wording.chance, wording.p_value, wording.lift,
        wording.lift_span, wording.day, wording.moment, wording.sentence, wording.plain, wording.metric_name,
        wording.counted,
    )  # fmt: skip
    return {
        **{each.__name__: each for each in same},
        "verdict": lambda outcome: wording.VERDICTS[outcome],
        "method": lambda method: wording.METHODS[method],
        "role": lambda role: wording.ROLES[role],
        "scale": lambda row: wording.scale_of(row.kind, row.unit),
        "guarded": _guarded,
        "looks": _looks,
        "used_for": _used_for,
        "sum": _sum,
    }


def _sum(items: Iterable[Any], attribute: str) -> int:
    return sum(int(getattr(each, attribute)) for each in items)


def _variables(colours: Mapping[str, str]) -> str:
    return " ".join(f"--{name}: {colour};" for name, colour in colours.items())


def _guarded(row: Comparison, scale: Scale) -> str:
    """What a guardrail's margin says of a row."""
    margin = f"margin {scale.size(row.margin)}"
    if row.is_non_inferior is None:
        return f"{margin}: not known"
    return f"{margin}: {'not worse' if row.is_non_inferior else 'NOT shown to be no worse'}"


def _used_for(metric: Metric, design: Design) -> str:
    """What a metric is for in a design; one metric may be for more than one thing."""
    uses = ["decides"] if metric == design.primary else []
    uses += ["informs"] if metric in design.secondary else []
    guards = [guardrail for guardrail in design.guardrails if guardrail.metric == metric]
    scale = wording.scale_of(metric.kind, metric.unit)
    return ", ".join([*uses, *(f"guards, margin {scale.size(guardrail.margin)}" for guardrail in guards)])


def _looks(path: Path, design: Design) -> Iterator[dict[str, str]]:
    """The days of a path in words."""
    always = path.method is Method.ALWAYS_VALID
    scale = wording.scale_of(design.primary.kind, design.primary.unit) if always else Scale(1, "", "")
    columns = (path.days, path.users, path.statistic, path.lower, path.upper, path.p_value)
    for day, users, statistic, lower, upper, p_value in zip(*columns, strict=False):
        yield {
            "day": wording.day(day),
            "users": wording.count(users),
            "statistic": scale.effect(statistic, _between(lower, upper) if always else None),
            "boundaries": _boundaries(scale, lower, upper),
            "p_value": wording.p_value(p_value) if p_value is not None else "does not apply",
        }


def _between(lower: float | None, upper: float | None) -> Interval | None:
    return None if lower is None or upper is None else Interval(lower, upper)


def _boundaries(scale: Scale, lower: float | None, upper: float | None) -> str:
    interval = _between(lower, upper)
    return "no look on this day" if interval is None else scale.between(interval)
