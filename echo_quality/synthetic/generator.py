"""Putting a data set together: draw, write each source, collect the truth. `generate` in the package is the entry.

Must not live here: anything about one source.
"""

from datetime import date
from pathlib import Path

from echo_quality.synthetic.assignments import draw_assignments, write_assignments
from echo_quality.synthetic.customers import write_customers
from echo_quality.synthetic.errors import GeneratorError, positive
from echo_quality.synthetic.experiment_truth import experiment_truth
from echo_quality.synthetic.experiments import write_experiments
from echo_quality.synthetic.folder import TRUTH_FILE, fresh_folder
from echo_quality.synthetic.funnel import write_funnel
from echo_quality.synthetic.marketing import write_marketing
from echo_quality.synthetic.period import Period
from echo_quality.synthetic.population import settle
from echo_quality.synthetic.products import draw_catalogue, write_products
from echo_quality.synthetic.recurring import recurring_truth
from echo_quality.synthetic.revenue import CURRENCY, write_revenue
from echo_quality.synthetic.revenue_truth import Ledger
from echo_quality.synthetic.sales import COUNTED_STATUSES, Market
from echo_quality.synthetic.subscriptions import draw_subscriptions, write_subscriptions
from echo_quality.synthetic.truth import Truth
from echo_quality.synthetic.truth_parts import GeneratedWith


def build(rows: int, out: Path, seed: int, start: date, months: int, *, overwrite: bool) -> Truth:
    """Check the request, write the data set, return its truth."""
    positive("rows", rows)
    positive("months", months)
    positive("seed", seed, least=0)
    if start.day != 1:
        raise GeneratorError(f"start is {start}: give the first day of a month, such as {start.replace(day=1)}")
    with fresh_folder(out, overwrite=overwrite) as folder:
        truth = _write(rows, folder, seed, Period(start, months))
        (folder / TRUTH_FILE).write_text(truth.to_json(), encoding="utf-8")
    return truth


def _write(rows: int, out: Path, seed: int, period: Period) -> Truth:
    population = settle(rows, seed, period)
    catalogue = draw_catalogue(seed, period)
    ledger = Ledger(population.size, period)
    market = Market(rows, population, catalogue, seed, period)
    revenue = write_revenue(out, rows, market, ledger, seed, period)
    marketing, marketing_truth = write_marketing(out, seed, period)
    customers, customer_versions = write_customers(out, population, seed, period)
    products, product_versions = write_products(out, catalogue, seed, period)
    log = draw_subscriptions(population, seed, period)
    assigned = draw_assignments(rows, population, seed, period)
    funnel_events, funnel = write_funnel(out, rows, seed, period)
    return Truth(
        generator=GeneratedWith(rows, seed, str(period.start), period.months, CURRENCY, list(COUNTED_STATUSES)),
        revenue=ledger.truth(),
        marketing=marketing_truth,
        recurring=recurring_truth(log, population.size, period),
        experiments=[experiment_truth(of.design, of) for of in assigned],
        funnel=funnel,
        dimensions={"customers": customer_versions, "products": product_versions},
        sources={
            "revenue": revenue,
            "marketing": marketing,
            "customers": customers,
            "products": products,
            "subscriptions": write_subscriptions(out, log, seed, period),
            "experiments": write_experiments(out, period),
            "experiment_assignments": write_assignments(out, assigned, seed, period),
            "funnel_events": funnel_events,
        },
    )
