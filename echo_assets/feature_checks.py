"""What Feast does not enforce, as asset checks of the feature views: of their history, of what is served, of drift.

What each asks is in `echo_ml/features/checks`. A view's age turns red by waiting, so the scheduled rounds ask it. What
must hold of a training set is asked with the training set.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import dagster as dg

from echo_assets.feature_views import REGISTRY, key_of
from echo_assets.features import due, served
from echo_assets.features.places import declared_views
from echo_assets.features.reporting import FeatureCheck, asked
from echo_assets.planned import planned_builds
from echo_assets.sources import Sources
from echo_ml.features.checks import drift, history
from echo_ml.features.checks.leaks import reads_no_output
from echo_ml.features.checks.recomputed import RECOUNTS, matches_facts
from echo_ml.features.checks.verdict import Verdict
from echo_ml.features.declared import FeatureView
from echo_ml.features.own_views import OUTPUTS, services
from echo_ml.features.registry import missing_views

if TYPE_CHECKING:
    from psycopg import Connection

    from echo_assets.features.reporting import Ask
    from echo_assets.features.served import OfView

_OWNER = "analytics_team"
HISTORY, SERVED, OLD, DRIFT = "history-of-features", "features-that-are-served", "old-features", "features-that-drift"
FEAST, LEAKS = "feasts-registry", "leaks-into-training"


def feature_checks(sources: Sources) -> list[dg.AssetChecksDefinition]:
    """One step of checks for the registry, and one a view."""
    of_views = [
        _step(sources, f"watch_features_{view.name}", key_of(view), view.owner, checks_of(sources, view))
        for view in declared_views()
    ]
    return [_step(sources, "watch_feature_registry", REGISTRY, _OWNER, registry_checks(sources)), *of_views]


def _step(
    sources: Sources, name: str, asset: dg.AssetKey, owner: str, checks: list[FeatureCheck]
) -> dg.AssetChecksDefinition:  # fmt: skip
    @dg.multi_asset_check(name=name, can_subset=True, specs=[check.spec(asset, owner) for check in checks])
    def watch(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        for check in checks:
            if dg.AssetCheckKey(asset, check.name) in context.selected_asset_check_keys:
                yield asked(sources, check, asset, context.run.run_id)

    return watch


def registry_checks(sources: Sources) -> list[FeatureCheck]:
    """Feast knows every view, and nothing that a model is trained on is made of what a model says."""
    known = "Every declared feature view is in Feast's registry."
    honest = "No feature that a model is trained on is made of an output of a model, by the lineage of columns."
    return [
        FeatureCheck("registry_knows_every_view", FEAST, known, _registered),
        FeatureCheck("services_read_no_output", LEAKS, honest, lambda _: _no_output_is_read(sources)),
    ]


def checks_of(sources: Sources, view: FeatureView) -> list[FeatureCheck]:
    """What must hold of one view; only what ages can be too old, and only snapshots have earlier ones beside them."""
    once = f"Each {view.entity} is there once for each moment and time of knowing, so that no training row is doubled."
    told = "Every row says when it became known, and every restated one until when it held."
    same = "What is served is the newest row of the history, value by value."
    newer = "A row never takes the place of a newer one, whoever writes it."
    found = [
        FeatureCheck("history_is_unique", HISTORY, once, _if_built(view, history.is_unique), blocking=True),
        FeatureCheck("restatements_do_not_leak", HISTORY, told, _if_built(view, history.restatements_are_told_apart)),
        FeatureCheck("online_matches_offline", SERVED, same, _if_built(view, served.matches_offline(sources))),
        FeatureCheck("newer_is_never_overwritten", SERVED, newer, _if_built(view, served.newer_is_kept(sources))),
    ]
    if view.max_age is not None:
        young = f"The newest row that is served is at most {view.max_age.total_seconds() / 3600:g} hours old."
        found.append(FeatureCheck("online_is_fresh", OLD, young, _if_built(view, served.is_fresh(sources))))
    if view.name in RECOUNTS:
        right = "What a sample of snapshots says is what is counted again from the facts up to their day."
        found.append(
            FeatureCheck("snapshots_match_facts", HISTORY, right, _if_up_to_date(sources, view, matches_facts))
        )
    if view.query is None:
        there = "No feature's share of missing values has moved by more than a tenth in four weeks."
        alike = "No feature's population stability index against four weeks before is above 0.25."
        found += [
            FeatureCheck("null_rates_are_stable", DRIFT, there, _if_built(view, drift.null_rates_are_stable)),
            FeatureCheck("population_is_stable", DRIFT, alike, _if_built(view, drift.population_is_stable)),
        ]
    return found


def _if_built(view: FeatureView, ask: "OfView") -> "Ask":
    """Ask once the view's table is there: of a table that nobody has built, nothing is wrong yet."""

    def ask_it(connection: "Connection[Any]") -> Verdict:
        if not due.seen_now(connection, view):
            return Verdict(True, f"{view.table} is not built yet.", is_error=False)
        return ask(connection, view)

    return ask_it


def _if_up_to_date(sources: Sources, view: FeatureView, ask: "OfView") -> "Ask":
    """Ask unless the table waits to be built: facts that it has not seen are no mistake of its rows."""

    def ask_it(connection: "Connection[Any]", view: FeatureView) -> Verdict:
        if any(view.table_asset in build.selection for build in planned_builds(sources)):
            return Verdict(True, f"{view.table} waits to be built.", is_error=False)
        return ask(connection, view)

    return _if_built(view, ask_it)


def _registered(connection: "Connection[Any]") -> Verdict:
    views = declared_views()
    missing = missing_views(connection, views)
    facts = {"declared": len(views), "missing": len(missing)}
    if missing:
        said = f"Feast does not know {', '.join(missing)}."
        return Verdict(False, said, facts=facts, sample=tuple({"view": name} for name in missing))
    return Verdict(True, f"Feast knows all {len(views)} views.", facts=facts)


def _no_output_is_read(sources: Sources) -> Verdict:
    """The first service that reads an output; SQL that cannot be followed is an error, as nothing is then known."""
    from echo_assets.lineage.known import known_lineage

    edges = [
        (*column, *origin) for column, origin, _ in known_lineage(sources.settings, sources.contracts).lineage.edges
    ]
    views, last = declared_views(), Verdict(True, "No feature service trains a model.")
    for service in services(views):
        if service.trains_model:
            last = reads_no_output(service, views, edges, OUTPUTS)
            if not last.passed:
                return last
    return last
