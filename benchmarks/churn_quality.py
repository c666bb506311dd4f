"""How good the churn model is on generated data, beside the plan's own model and recency alone, by the whole graph.

python benchmarks/churn_quality.py [--rows 100000]

Files are generated, taken in and built; features come from Feast as they were known, and the model is trained by the
graph's own assets. On the same training set and test: recency alone, and scikit-learn's GradientBoostingClassifier as
the plan has it (100 trees of depth 5, not calibrated, fitted on all rows that teach). Then the outcomes are shuffled
among the customers of each month end, so that there is nothing to learn. Ends with 1 if the model does not beat recency
by more than noise, if its calibration error is 0.03 or more, or if it is promoted on the shuffled outcomes.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from measuring import Place, bench_place

from echo_assets.definitions import build
from echo_assets.sources import Sources
from echo_ml.models.churn import MODEL
from echo_quality.synthetic import generate

if TYPE_CHECKING:
    import dagster as dg

    from echo_assets.planner.report import RunReport
    from echo_ml.models.churn.figures import Figures
    from echo_ml.models.churn.training_set import TrainingSet

STEPS = ("feature_views/registry", "models/churn_training_set", "models/churn", "models/churn_scores")


def main() -> None:
    """Measure, print, and fail if the promise is not kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000, help="how many sales; a twentieth as many customers")
    rows = parser.parse_args().rows
    with bench_place() as place:
        generate(rows, place.settings.landing)
        training_set = trained_by_the_graph(place)
    kept = compared(training_set)
    sys.exit(0 if kept else 1)


def trained_by_the_graph(place: Place) -> TrainingSet:
    """Take in, build, train and score; how long each step took, and the training set that it was done on."""
    import dagster as dg

    from echo_assets.refresh import Refresh
    from echo_assets.training.stored import newest_evaluation, newest_training_set, path_of
    from echo_ml.models.churn.training_set import read

    sources = Sources(place.settings)
    job = build(place.settings).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        refresh = Refresh(sources, job, instance)
        began = time.perf_counter()
        for report in (*refresh.files(), *refresh.days()):
            _succeeded(report)
        print(f"{'taken in and built':40} {time.perf_counter() - began:8.1f} s")
        for step in STEPS:
            began = time.perf_counter()
            _succeeded(refresh.build([dg.AssetKey.from_user_string(step)], {}))
            print(f"{step:40} {time.perf_counter() - began:8.1f} s")
            _print_parts(instance, step)
    with sources.connection(read_only=True) as connection:
        evaluation, made = newest_evaluation(connection, MODEL), newest_training_set(connection, MODEL)
    if evaluation is None or made is None or made.data_version is None:
        sys.exit("nothing was trained: use more rows")
    print(f"{evaluation.decision}: {'; '.join(evaluation.reasons)}")
    return read(path_of(made), made.horizon_days)


def compared(training_set: TrainingSet) -> bool:
    """The models side by side on the same test; whether the promise is kept."""
    from echo_ml.models.churn.training import train

    began = time.perf_counter()
    trained = train(training_set)
    seconds = time.perf_counter() - began
    plan, plan_seconds = _of_the_plan(training_set)
    print(f"{'':28} {'AUC':>7} {'AP':>7} {'Brier':>7} {'ECE':>7} {'lift':>7}")
    for name, each in trained.competitors.items():
        _print_figures(name, each.figures)
    _print_figures("the plan's model", plan)
    print(f"training, ours over the plan's 6 fits: {seconds / plan_seconds:.2f}")
    nothing = train(shuffled(training_set)).promotion
    print(f"on shuffled outcomes {'promoted' if nothing.is_promoted else 'not promoted'}: {nothing.reasons[0]}")
    best = trained.best
    return best.standing.beats_baseline and best.figures.ece < 0.03 and not nothing.is_promoted


def shuffled(training_set: TrainingSet) -> TrainingSet:
    """The same customers with outcomes that are anybody's."""
    import numpy as np

    from echo_ml.models.churn.training_set import LABEL, SNAPSHOT

    rng = np.random.default_rng(3)
    frame = training_set.frame
    outcomes = frame.groupby(SNAPSHOT)[LABEL].transform(lambda each: rng.permutation(each.to_numpy()))
    return replace(training_set, frame=frame.assign(**{LABEL: outcomes}))


def _of_the_plan(training_set: TrainingSet) -> tuple[Figures, float]:
    """Gradient boosting with five folds and a final fit, on numbers with gaps filled; its figures, and the seconds."""
    from sklearn.ensemble import GradientBoostingClassifier
    from sklearn.model_selection import cross_val_score

    from echo_ml.models.churn.figures import figures_of
    from echo_ml.models.churn.split import FIT, TEST
    from echo_ml.models.churn.training_set import LABEL

    numbers = [name for name, kind in training_set.columns.items() if kind == "double"]
    fit, test = training_set.part(FIT), training_set.part(TEST)
    began = time.perf_counter()
    model = GradientBoostingClassifier(n_estimators=100, max_depth=5, learning_rate=0.1, random_state=0)
    cross_val_score(model, fit[numbers].fillna(-1.0), fit[LABEL], cv=5, scoring="roc_auc")
    model.fit(fit[numbers].fillna(-1.0), fit[LABEL])
    seconds = time.perf_counter() - began
    return figures_of(test[LABEL].to_numpy(), model.predict_proba(test[numbers].fillna(-1.0))[:, 1]), seconds


def _print_figures(name: str, each: Figures) -> None:
    values = (each.auc, each.average_precision, each.brier, each.ece, each.lift)
    print(f"{name:28} {' '.join(f'{value:7.4f}' for value in values)}")


def _print_parts(instance: dg.DagsterInstance, step: str) -> None:
    import dagster as dg

    [record] = instance.fetch_materializations(dg.AssetKey.from_user_string(step), limit=1).records
    metadata = record.asset_materialization.metadata if record.asset_materialization else {}
    if "seconds" in metadata:
        print("    " + ", ".join(f"{name} {value:.2f} s" for name, value in _parts(metadata["seconds"].value).items()))


def _parts(kept: object) -> dict[str, float]:
    return {str(name): float(value) for name, value in kept.items()} if isinstance(kept, dict) else {}


def _succeeded(report: RunReport) -> None:
    if not report.succeeded:
        raise SystemExit("\n".join(step.message for step in report.failed))


if __name__ == "__main__":
    main()
