"""Leaks into training: features made of what a model says, and features that tell the label by themselves.

An area under the ROC curve close to one for a single feature is nearly always the answer under another name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from echo_ml.features.checks.verdict import Verdict, sample_of
from echo_ml.features.declared import FeatureService, FeatureView, view_named

if TYPE_CHECKING:
    import pandas as pd

AUC_BOUND = 0.98
_MOST_LABELS = 50
"""A text feature with more values than this is an identifier, which is refused by another rule than this one."""

Edge = tuple[str, str, str, str]
"""One column and one that it is made of: asset, column, from_asset, from_column."""
Column = tuple[str, str]


def reads_no_output(
    service: FeatureService, views: Sequence[FeatureView], edges: Iterable[Edge], outputs: Sequence[str]
) -> Verdict:
    """No feature of a service that a model is trained on is made of an output of a model, at any distance.

    `edges` are those of the column lineage; `outputs` are beginnings of the keys of assets that hold outputs.
    """
    above: dict[Column, list[Column]] = {}
    for asset, column, from_asset, from_column in edges:
        above.setdefault((asset, column), []).append((from_asset, from_column))
    found = []
    for view in (view_named(views, name) for name in service.features):
        for feature in service.features[view.name]:
            way = _way_to(outputs, (view.table_asset, feature), above)
            if way:
                found.append({"view": view.name, "feature": feature, "through": " <- ".join(map("/".join, way))})
    features = sum(map(len, service.features.values()))
    facts = {"service": service.name, "features": features}
    if found:
        named = ", ".join(each["feature"] for each in found)
        return Verdict(False, f"{service.name} reads what models say: {named}.", facts=facts, sample=sample_of(found))
    return Verdict(
        True, f"None of the {features} features of {service.name} is made of what a model says.", facts=facts
    )


def tells_the_label(frame: pd.DataFrame, features: Sequence[str], label: Sequence[Any]) -> Verdict:
    """No single feature ranks the rows by a two-valued label with an AUC above 0.98, in either direction."""
    found = aucs(frame, features, label)
    telling = sorted((name for name, auc in found.items() if auc > AUC_BOUND), key=lambda name: -found[name])
    best = max(found, key=lambda name: found[name], default=None)
    facts = {"features": len(found), "best": best, "auc": round(found[best], 4) if best else None}
    if telling:
        sample = [{"feature": name, "auc": round(found[name], 4)} for name in telling]
        return Verdict(
            False, f"The label is told by {', '.join(telling)} alone.", facts=facts, sample=sample_of(sample)
        )
    said = f"The best single feature is {best} with an AUC of {found[best]:.3f}." if best else "Nothing can be ranked."
    return Verdict(True, said, facts=facts)


def aucs(frame: pd.DataFrame, features: Sequence[str], label: Sequence[Any]) -> dict[str, float]:
    """How well each feature alone ranks the label, from 0.5 to 1, a missing value being below all others.

    Text is ranked by the label's share of each value. Empty where the label has one value only.
    """
    import numpy as np

    positive = np.asarray(label, dtype=bool)
    if positive.all() or not positive.any():
        return {}
    found = {}
    for name in features:
        values = _numbers(frame[name], positive)
        if values is not None:
            auc = _auc(values, positive)
            found[name] = max(auc, 1 - auc)
    return found


def _numbers(column: pd.Series[Any], positive: Any) -> Any:
    import numpy as np
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return np.nan_to_num(column.to_numpy(dtype=float, na_value=np.nan), nan=-np.inf)
    texts = column.astype("string").fillna("")
    if texts.nunique() > _MOST_LABELS:
        return None
    return pd.Series(positive, index=column.index).groupby(texts).transform("mean").to_numpy(dtype=float)


def _auc(values: Any, positive: Any) -> float:
    """Mann and Whitney's statistic over the number of pairs; ties count half."""
    import numpy as np

    _, codes, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[codes]
    positives = int(positive.sum())
    negatives = len(positive) - positives
    return float((ranks[positive].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def _way_to(outputs: Sequence[str], start: Column, above: Mapping[Column, Sequence[Column]]) -> list[Column]:
    """The columns from one to an output, nearest first; [] if none is reached."""
    came_from: dict[Column, Column | None] = {start: None}
    ahead = [start]
    while ahead:
        column = ahead.pop(0)
        if column[0].startswith(tuple(outputs)):
            way = [column]
            while (before := came_from[way[-1]]) is not None:
                way.append(before)
            return way[::-1]
        for other in above.get(column, ()):
            if other not in came_from:
                came_from[other] = column
                ahead.append(other)
    return []
