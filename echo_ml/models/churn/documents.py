"""What came of training as a document that JSON can hold: what tables and pages keep of it, beside the model itself."""

from __future__ import annotations

from dataclasses import asdict
from math import isfinite
from typing import Any

from echo_ml.models.churn.training import Competitor, Trained


def document_of(trained: Trained) -> dict[str, Any]:
    """Split, competitors, champion, importances and the time that each step took; NaN is left out as None."""
    training_set = trained.training_set
    document: dict[str, Any] = _plain(
        {
            "data_version": training_set.data_version,
            "horizon_days": training_set.horizon_days,
            "features": training_set.columns,
            "parts": {
                part: {**count, "snapshots": [str(day) for day in training_set.days(part)]}
                for part, count in training_set.counts().items()
            },
            "challenger": trained.best.name,
            "competitors": {name: _competitor(each) for name, each in trained.competitors.items()},
            "champion": asdict(trained.champion) if trained.champion else None,
            "rival": asdict(trained.rival) if trained.rival else None,
            "importances": [asdict(each) for each in trained.importances],
            "is_promoted": trained.promotion.is_promoted,
            "reasons": list(trained.promotion.reasons),
            "seconds": dict(trained.seconds),
        }
    )
    return document


def _competitor(each: Competitor) -> dict[str, Any]:
    standing = each.standing
    return {
        "parameters": each.crossed.candidate.parameters,
        "cross_validated_auc": each.crossed.auc_mean,
        "cross_validated_auc_deviation": each.crossed.auc_deviation,
        "out_of_time": asdict(each.figures),
        "before_calibration": {"ece": each.raw_figures.ece, "brier": each.raw_figures.brier},
        "calibration_limit": standing.ece_limit,
        "over_baseline": asdict(standing.over_baseline),
    }


def metrics_of(trained: Trained) -> dict[str, float]:
    """The figures that MLflow compares runs by: of the challenger, and by model for the others."""
    best = trained.best
    found = {
        "cv_auc_mean": best.crossed.auc_mean,
        "cv_auc_std": best.crossed.auc_deviation,
        **best.figures.metrics("test_"),
        "test_ece_limit": best.standing.ece_limit,
        "test_auc_over_baseline": best.standing.over_baseline.value,
        "test_auc_over_baseline_se": best.standing.over_baseline.standard_error,
        **{f"{name}_cv_auc_mean": each.crossed.auc_mean for name, each in trained.competitors.items()},
        **{f"{name}_test_auc": each.figures.auc for name, each in trained.competitors.items()},
        **(trained.champion.metrics("champion_test_") if trained.champion else {}),
    }
    return {name: value for name, value in found.items() if isfinite(value)}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, float):
        return value if isfinite(value) else None
    return value
