"""What the attributes and their levels add to a prediction, in readable form."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.wording import number_words

_BINS = 5
_MOST_LEVELS = 20


def importance(shap_values: pd.DataFrame) -> pd.DataFrame:
    """Return ``attribute`` and ``mean_abs_shap``, largest first, ties by name.

    Parameters
    ----------
    shap_values : DataFrame
        One column an attribute plus ``base``, one row an account.
    """
    mean = shap_values.drop(columns="base").abs().mean()
    table = pd.DataFrame({"attribute": mean.index.astype(str), "mean_abs_shap": mean.to_numpy(dtype=float)})
    return table.sort_values(["mean_abs_shap", "attribute"], ascending=[False, True], ignore_index=True)


def level_effects(frame: pd.DataFrame, shap_values: pd.DataFrame, attributes: Mapping[str, Attribute]) -> pd.DataFrame:
    """Return the mean SHAP value of each level, number bin or tag.

    Parameters
    ----------
    frame : DataFrame
        Typed attributes.
    shap_values : DataFrame
        For the same accounts in the same order.
    attributes : mapping of str to Attribute
        Attributes to describe.

    Returns
    -------
    DataFrame
        ``attribute``, ``level`` (for instance ``industry = fintech``, ``employee_count 50 to 200``), ``mean_shap``,
        ``n``. An account counts for each of its tags. Numbers are cut at their quintiles.
    """
    rows: list[tuple[str, str, float, int]] = []
    for name, spec in attributes.items():
        values = shap_values[name].to_numpy(dtype=float)
        for level, holds in _levels(frame[name], name, spec):
            if holds.any():
                rows.append((name, level, float(values[holds].mean()), int(holds.sum())))
    return pd.DataFrame(rows, columns=["attribute", "level", "mean_shap", "n"])


def _levels(column: pd.Series, name: str, spec: Attribute) -> list[tuple[str, np.ndarray]]:
    """Levels of one attribute in words, and who has them."""
    missing = np.asarray(column.isna(), dtype=bool)
    if spec.type == "number":
        found = _number_bins(column.to_numpy(dtype=float, na_value=np.nan), name)
    elif spec.type == "boolean":
        known = column.astype("boolean")
        found = [
            (f"{name} = {word}", (known == value).fillna(False).to_numpy(dtype=bool))
            for value, word in ((True, "yes"), (False, "no"))
        ]
    elif spec.type == "tags":
        found = _tag_levels(column, name)
    else:
        order = spec.order or list(column.value_counts().index[:_MOST_LEVELS])
        found = [(f"{name} = {level}", (column == level).fillna(False).to_numpy(dtype=bool)) for level in order]
    return [*found, (f"{name} unknown", missing)]


def _number_bins(values: np.ndarray, name: str) -> list[tuple[str, np.ndarray]]:
    """Quintiles of a number, each value of one with few."""
    known = np.unique(values[np.isfinite(values)])
    if len(known) <= _BINS:
        return [(f"{name} = {number_words(v)}", values == v) for v in known]
    edges = np.unique(np.nanquantile(values, np.linspace(0, 1, _BINS + 1)[1:-1], method="lower"))
    which = np.where(np.isfinite(values), np.searchsorted(edges, values, side="left"), -1)
    bins = []
    for k in range(len(edges) + 1):
        inside = which == k
        if inside.any():
            low, high = values[inside].min(), values[inside].max()
            bins.append((f"{name} {number_words(low)} to {number_words(high)}", inside))
    return bins


def _tag_levels(column: pd.Series, name: str) -> list[tuple[str, np.ndarray]]:
    """Return the most frequent tags, and having none."""
    sets = [frozenset(v) if isinstance(v, tuple) else None for v in column]
    counts = pd.Series([tag for tags in sets if tags for tag in sorted(tags)], dtype=object).value_counts()
    ranked = sorted(counts.index, key=lambda tag: (-counts[tag], tag))[:_MOST_LEVELS]
    having = [(f"{name} has {tag}", np.array([s is not None and tag in s for s in sets], dtype=bool)) for tag in ranked]
    return [*having, (f"{name} empty", np.array([s is not None and not s for s in sets], dtype=bool))]
