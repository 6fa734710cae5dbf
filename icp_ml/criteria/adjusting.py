"""Whether an effect survives beside the other rules and the sales side's own choices. METHOD, section 4."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Config
from icp_ml.criteria.outcomes import Outcome

_FEWEST_OF_LEVEL = 10
_MOST_LEVELS = 25
_STEPS = 6
_HELD = 0.5  # share of the effect that must remain
_LEVEL = 0.90
_SALES_SIDE = ("source", "owner", "territory", "discount_pct")


def adjust_effect(outcome: Outcome, inside: np.ndarray, beside: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the difference inside less outside with other things held equal, and a plain verdict.

    Least squares on the outcome's own scale (pseudo-observations for the censored: Andersen, Klein & Rosthøj 2003,
    doi:10.1093/biomet/90.1.15) with errors robust to unequal spread; the unit is the outcome's, so a share for churn.

    Parameters
    ----------
    outcome : Outcome
        Measured on n accounts.
    inside : ndarray, shape (n,), bool
        The rule's accounts.
    beside : mapping of str to ndarray, shape (n, k)
        What to hold equal, by name, as columns of numbers.

    Returns
    -------
    dict
        ``verdict``: ``holds``, ``stands in for <name>`` or ``vanishes``; ``alone``: the difference with nothing held
        equal; ``beside``: the difference beside each thing and beside ``everything``, with intervals.
    """
    values = outcome.values()
    alone = _difference(values, inside, [])
    told = {name: _difference(values, inside, [columns]) for name, columns in beside.items() if columns.shape[1]}
    if len(told) > 1:
        told["everything"] = _difference(values, inside, [c for c in beside.values() if c.shape[1]])
    return {"verdict": _verdict(alone, told), "alone": alone, "beside": told}


def columns_of(values: pd.Series) -> np.ndarray:
    """Return a variable as columns to hold equal: numbers with steps at their sixths, words a flag each.

    A step, since what a number changes often sets in at a threshold (a discount of 20 %). The unknown have a flag;
    words that few accounts share are one common flag; a constant gives no column.
    """
    if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        unknown = np.isnan(numbers)
        if unknown.all():
            return np.empty((len(values), 0))
        filled = np.where(unknown, np.nanmedian(numbers), numbers)
        edges = np.unique(np.quantile(numbers[~unknown], np.arange(1, _STEPS) / _STEPS))
        return _varying(np.column_stack([filled, unknown, filled[:, None] >= edges]))
    words = values.astype("str").fillna("unknown")
    counts = words.value_counts()
    shown = sorted(counts.index[counts >= _FEWEST_OF_LEVEL][:_MOST_LEVELS])
    return _varying(np.column_stack([words == level for level in shown]) if shown else np.empty((len(values), 0)))


def _varying(columns: np.ndarray) -> np.ndarray:
    columns = np.asarray(columns, dtype=float)
    return columns[:, columns.std(axis=0) > 0] if columns.size else columns


def _difference(values: np.ndarray, inside: np.ndarray, beside: list[np.ndarray]) -> dict[str, float]:
    """Regress on the rule and what is held equal; the rule's coefficient with a heteroskedasticity-robust interval."""
    others = np.column_stack([np.ones(len(values)), *beside])
    rule = inside.astype(float)
    rest = rule - others @ np.linalg.lstsq(others, rule, rcond=None)[0]
    weight = float(rest @ rest)
    if weight < 1e-8 * len(rule):
        return {"estimate": 0.0, "low": -1.0, "high": 1.0, "level": _LEVEL}
    estimate = float(rest @ values) / weight
    design = np.column_stack([rule, others])
    residual = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    error = float(np.sqrt(np.sum((rest * residual) ** 2))) / weight
    half = float(stats.norm.ppf((1 + _LEVEL) / 2)) * error
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half, "level": _LEVEL}


def _verdict(alone: Mapping[str, float], told: Mapping[str, Mapping[str, float]]) -> str:
    if not told or all(_remains(alone, figures) for figures in told.values()):
        return "holds"
    single = {name: figures for name, figures in told.items() if name != "everything"}
    gone = {name: f["estimate"] / alone["estimate"] for name, f in single.items() if not _remains(alone, f)}
    return f"stands in for {min(gone, key=lambda name: gone[name])}" if gone else "vanishes"


def _remains(alone: Mapping[str, float], figures: Mapping[str, float]) -> bool:
    sign = 1 if alone["estimate"] >= 0 else -1
    bound = figures["low"] if sign > 0 else -figures["high"]
    return bound > 0 and sign * figures["estimate"] >= _HELD * abs(alone["estimate"])


def sales_side(cohort: Cohort, config: Config, rows: np.ndarray) -> dict[str, np.ndarray]:
    """Return what sales chose, and what the config wants adjusted for, as columns to hold equal.

    Parameters
    ----------
    cohort : Cohort
        All accounts.
    config : Config
        Its attributes with ``use: adjust`` count.
    rows : ndarray, shape (n,), int
        Positions of the accounts.

    Returns
    -------
    dict of str to ndarray, shape (n, k)
        ``source``, ``owner``, ``territory``, ``discount`` where known, then attributes.
    """
    table, frame = cohort.accounts.iloc[rows], cohort.attributes.iloc[rows]
    held = {name.replace("_pct", ""): columns_of(table[name]) for name in _SALES_SIDE if name in table}
    for name, spec in config.attributes.items():
        if spec.use == "adjust" and spec.type != "tags":
            held[name] = columns_of(frame[name])
    return held
