"""The page of all experiments: what stands when all are tested at once, and what is left of the effects."""

from __future__ import annotations

from collections.abc import Mapping

from echo_ml.experiments.findings import Interval, Outcome
from echo_ml.experiments.pages.canvas import can_be_drawn, svg
from echo_ml.experiments.pages.environment import rendered
from echo_ml.experiments.pages.lift_plots import Line, forest, height_of
from echo_ml.experiments.pages.wording import VERDICTS, Verdict, lift, plain
from echo_ml.experiments.portfolio import Entry, Portfolio

_MOST_LINES = 40


def portfolio_page(portfolio: Portfolio, links: Mapping[str, str] | None = None) -> str:
    """The page as HTML; `links` are relative places of the experiments' own pages, by experiment."""
    days = [entry.as_of for entry in portfolio.entries]
    return rendered(
        "portfolio.html",
        charts={"lifts": _lifts(portfolio)},
        portfolio=portfolio,
        rows=[(entry, _verdict(entry)) for entry in portfolio.entries],
        links=links or {},
        as_of=max(days, default=None),
        experiments=len({entry.experiment_id for entry in portfolio.entries}),
        tested=sum(entry.q_value is not None for entry in portfolio.entries),
        problems=portfolio.diagnostics.problems() if portfolio.diagnostics else (),
    )


def _verdict(entry: Entry) -> Verdict:
    """The verdict of a decision as a readout writes it, with its reason in brackets."""
    return VERDICTS[Outcome(entry.decision.partition("(")[0])]


def _lifts(portfolio: Portfolio) -> str | None:
    """Each effect as it was seen, and below it what is left of it; the first forty arms."""
    lines = [line for entry in portfolio.entries[:_MOST_LINES] for line in _pair(entry)]
    if not lines:
        return None
    told = "; ".join(f"{line.title}: {lift(line.lift, line.interval)}" for line in lines)
    return svg(
        "lifts", f"Relative lifts, as seen and shrunken. {told}.", height_of(lines), lambda on: forest(on, lines)
    )


def _pair(entry: Entry) -> list[Line]:
    name = f"{plain(entry.experiment_id, 24)}, {plain(entry.variant or '', 18)}"
    seen = _line(f"{name}, as seen", entry.lift, entry.interval, 0)
    return seen + _line(f"{name}, shrunken", entry.shrunken_lift, entry.shrunken_interval, 1)


def _line(title: str, value: float | None, interval: Interval | None, place: int) -> list[Line]:
    if interval is None or not all(map(can_be_drawn, (value, interval.lower, interval.upper))):
        return []
    return [Line(title, value or 0.0, interval, place)]
