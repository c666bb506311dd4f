"""Checks of training sets, of trained models and of scores: their names, what they ask, where the runbook has them.

What is asked is in `echo_ml/features/checks` and `echo_ml/models/churn/conditions.py`. A training set and a model are
asked in the step that makes them, which has them at hand; scores are a table that can be asked at any time.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.features.reporting import FeatureCheck, asked, reported
from echo_assets.training.due import SCORES
from echo_assets.training.scores_table import covers_the_snapshot, is_of_the_champion, scores_are_probabilities

if TYPE_CHECKING:
    from echo_assets.sources import Sources
    from echo_ml.features.checks.verdict import Verdict

_OWNER = "analytics_team"
SET, QUALITY, SCORED = "a-training-set-is-not-sound", "a-model-is-not-good-enough", "scores-do-not-fit"


@dataclass(frozen=True)
class ModelCheck:
    """A named question that the step itself answers."""

    name: str
    section: str
    asks: str

    def as_check(self) -> FeatureCheck:
        """As the platform reports it; outside of its step it cannot be asked."""
        return FeatureCheck(self.name, self.section, self.asks, _only_in_its_step)

    def spec(self, asset: dg.AssetKey) -> dg.AssetCheckSpec:
        """What Dagster is told of it."""
        return self.as_check().spec(asset, _OWNER)


TRAINING_SET_CHECKS = (
    ModelCheck("rows_are_preserved", SET, "Every customer who was asked about came back once."),
    ModelCheck("matches_brute_force", SET, "A sample of rows, found again one by one in the history, is the same."),
    ModelCheck("other_future_changes_nothing", SET, "Shuffling what came later changes no row before it."),
    ModelCheck("no_feature_tells_the_outcome", SET, "No feature alone ranks the outcome with an AUC above 0.98."),
    ModelCheck("label_windows_are_complete", SET, "The horizon after every snapshot lies within the data."),
    ModelCheck("label_windows_hold_orders", SET, "Every label window has orders, as the time before it has."),
    ModelCheck("split_is_disjoint", SET, "Parts do not overlap in time, and no customer is in two folds."),
    ModelCheck("outcomes_suffice", QUALITY, "Every part has enough customers who left and enough who stayed."),
)
MODEL_CHECKS = (
    ModelCheck("beats_baseline", QUALITY, "Out of time it is better than recency alone, by more than noise."),
    ModelCheck("is_calibrated", QUALITY, "Out of time its probabilities are what came of it."),
    ModelCheck("holds_out_of_time", QUALITY, "It ranks no worse out of time than in cross-validation."),
    ModelCheck("predicts_probabilities", QUALITY, "It predicts numbers from 0 to 1 that are not all the same."),
    ModelCheck("champion_is_as_recorded", QUALITY, "The champion is the version that was last recorded as such."),
)
SCORE_CHECKS = (
    FeatureCheck(
        "scores_are_probabilities", SCORED, "All scores lie between 0 and 1 and are not all the same.",
        scores_are_probabilities,
    ),
    FeatureCheck(
        "scores_cover_the_snapshot", SCORED, "Every active customer of the scored snapshot has a score, nobody else.",
        covers_the_snapshot,
    ),
    FeatureCheck("scores_are_of_the_champion", SCORED, "All scores are the champion's.", is_of_the_champion),
)  # fmt: skip


def score_checks(sources: "Sources") -> dg.AssetChecksDefinition:
    """What must hold of the scores, asked of the table."""

    @dg.multi_asset_check(
        name="watch_churn_scores", can_subset=True, specs=[check.spec(SCORES, _OWNER) for check in SCORE_CHECKS]
    )
    def watch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for check in SCORE_CHECKS:
            if dg.AssetCheckKey(SCORES, check.name) in context.selected_asset_check_keys:
                yield asked(sources, check, SCORES, context.run.run_id)

    return watch


def results_of(
    sources: "Sources", context: dg.AssetExecutionContext, asset: dg.AssetKey, checks: tuple[ModelCheck, ...],
    verdicts: "Mapping[str, Verdict]",
) -> list[dg.AssetCheckResult]:  # fmt: skip
    """The verdicts of a step, kept in the history of all verdicts. Every check has one, or the step is wrong."""
    with sources.connection() as connection:
        return [
            reported(connection, check.as_check(), asset, verdicts[check.name], context.run.run_id) for check in checks
        ]


def _only_in_its_step(_: Any) -> "Verdict":
    raise dg.Failure("this is asked in the step that makes the asset: materialise it", allow_retries=False)
