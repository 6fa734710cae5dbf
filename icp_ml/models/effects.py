"""What the attributes and their levels add to a prediction, in readable form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.chances import points_at
from icp_ml.models.levels import Level, attribute_levels

_CURVE_BINS = 10
_SPREAD = (0.1, 0.9)
"""Quantiles of a level's accounts between which four fifths of them lie."""
_SAMPLED = 150
"""Accounts shown one by one, evenly spaced by value."""


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
        levels = attribute_levels(frame[name], name, spec)
        rows += [(name, x.label, float(values[x.holds].mean()), int(x.holds.sum())) for x in levels]
    return pd.DataFrame(rows, columns=["attribute", "level", "mean_shap", "n"])


def dependence(
    frame: pd.DataFrame,
    shap_values: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    names: Sequence[str],
    chance: float,
    outcome: str,
) -> tuple[dict[str, Any], ...]:
    """Return how each attribute's effect depends on its value.

    Parameters
    ----------
    frame : DataFrame
        Typed attributes.
    shap_values : DataFrame
        For the same accounts in the same order.
    attributes : mapping of str to Attribute
        Their types.
    names : sequence of str
        Attributes to describe, in this order.
    chance : float
        The average chance; points are those of an account that has it.
    outcome : {"churn", "win"}
        Which chance.

    Returns
    -------
    tuple of dict
        One an attribute: ``attribute``, ``type``, ``unit``; ``levels``, one entry a level, decile of a number or tag,
        those without a value last: ``level`` (words), ``n``, ``mean_shap``, ``low_shap`` and ``high_shap`` (four
        fifths of its accounts lie between), the same in points as ``points``, ``low_points``, ``high_points``, and of
        a number ``from``, ``to`` and ``middle`` (median). Numbers also have ``accounts``: value, SHAP value and points
        of up to 150 accounts.
    """
    told = []
    for name in names:
        spec, values = attributes[name], shap_values[name].to_numpy(dtype=float)
        numbers = frame[name].to_numpy(dtype=float, na_value=np.nan) if spec.type == "number" else None
        levels = attribute_levels(frame[name], name, spec, _CURVE_BINS)
        entry: dict[str, Any] = {"attribute": name, "type": spec.type, "unit": spec.unit}
        entry["levels"] = [_level_entry(level, values, numbers, chance, outcome) for level in levels]
        if numbers is not None:
            entry["accounts"] = _sampled(numbers, values, chance, outcome)
        told.append(entry)
    return tuple(told)


def _level_entry(
    level: Level, values: np.ndarray, numbers: np.ndarray | None, chance: float, outcome: str
) -> dict[str, Any]:
    inside = values[level.holds]
    low, high = np.quantile(inside, _SPREAD)
    entry: dict[str, Any] = {"level": level.short, "words": level.words, "known": level.known, "n": len(inside)}
    for prefix, effect in (("", inside.mean()), ("low_", low), ("high_", high)):
        entry[f"{prefix or 'mean_'}shap"] = float(effect)
        entry[f"{prefix}points"] = float(points_at(float(effect), chance, outcome))
    if numbers is not None and level.known:
        held = numbers[level.holds]
        entry |= {"from": float(held.min()), "to": float(held.max()), "middle": float(np.median(held))}
    return entry


def _sampled(numbers: np.ndarray, values: np.ndarray, chance: float, outcome: str) -> list[list[float]]:
    """Value and effect of accounts evenly spaced by value: every part of the range is shown, and no draw is needed."""
    known = np.flatnonzero(np.isfinite(numbers))
    ordered = known[np.argsort(numbers[known], kind="stable")]
    at = ordered[np.unique(np.linspace(0, len(ordered) - 1, min(_SAMPLED, len(ordered))).round().astype(int))]
    moved = points_at(values[at], chance, outcome)
    return [[float(numbers[i]), round(float(values[i]), 4), round(float(m), 4)] for i, m in zip(at, moved, strict=True)]
