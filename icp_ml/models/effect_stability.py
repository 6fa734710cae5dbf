"""How much an explanation depends on which accounts the model happened to learn from."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from icp_ml.config.schema import Attribute
from icp_ml.models.crossfit import CrossFit, assign_folds
from icp_ml.models.effects import importance
from icp_ml.models.learners import Scorer
from icp_ml.models.levels import attribute_levels
from icp_ml.models.targets import Target

PAIRS = 4
REFITS = 2 * PAIRS
_T = 1.895
"""95th percentile of Student's t with ``REFITS - 1`` degrees of freedom: a 90 % interval."""
_MOST_ACCOUNTS = 2000
"""Accounts on which the refits are compared."""
_AGREEMENT = 0.8
"""Share of an attribute's effect that must have the same sign for a refit to agree on its direction."""
_MOST_AGREE = REFITS - 1
_LEAST_PART = 0.25
"""The low end of a stable attribute's share, as a part of its share."""


def effect_stability(
    fitted: CrossFit,
    frame: pd.DataFrame,
    target: Target,
    shap_values: pd.DataFrame,
    attributes: Mapping[str, Attribute],
    random_state: int,
) -> pd.DataFrame:
    """Return how far each attribute's weight and direction hold when the model is fitted on other accounts.

    The model is fitted again on four random halves of the accounts and on the four halves these leave over. Fits on
    half the accounts, drawn without replacement, vary about one another as much as fits on as many new accounts would
    (Shah and Samworth 2013, doi:10.1111/j.1467-9868.2011.01034.x); cross-fitted ones, which share three quarters of
    their accounts, vary far less and would look stable whatever they found.

    Parameters
    ----------
    fitted : CrossFit
        What ships; its kind and setting are kept.
    frame : DataFrame
        Typed attributes of the accounts it was fitted on.
    target : Target
        Their outcomes.
    shap_values : DataFrame
        Their SHAP values, with ``base``.
    attributes : mapping of str to Attribute
        What the model may use.
    random_state : int
        Seed of the halves.

    Returns
    -------
    DataFrame
        In the order of :func:`icp_ml.models.effects.importance`: ``attribute``; ``share`` of the mean absolute SHAP
        values of all, with ``low`` and ``high`` of its 90 % interval; ``rank``, and the best and the worst among the
        refits, ``rank_low`` and ``rank_high``; ``agreeing`` of ``refits`` whose effect has the same direction;
        ``stable``: all but at most one agree, and the low end is at least a quarter of the share.
    """
    rows = np.sort(np.random.default_rng(random_state).permutation(len(frame))[:_MOST_ACCOUNTS])
    sample, names = frame.iloc[rows], list(attributes)
    refits = [
        s.contributions(sample).reindex(columns=names, fill_value=0.0)
        for s in half_refits(fitted, frame, target, random_state)
    ]
    shares = np.array([_shares(r) for r in refits])
    ranks = (-shares).argsort(axis=1, kind="stable").argsort(axis=1, kind="stable") + 1
    table = importance(shap_values)
    at = [names.index(name) for name in table["attribute"]]
    share = table["mean_abs_shap"].to_numpy() / max(float(table["mean_abs_shap"].sum()), 1e-300)
    half_width = _T * shares.std(axis=0, ddof=1)[at]
    directions = _directions(sample, shap_values.iloc[rows], refits, attributes)
    agreeing = np.array([directions[name] for name in table["attribute"]], dtype=int)
    low = np.maximum(share - half_width, 0.0)
    return pd.DataFrame(
        {
            "attribute": table["attribute"],
            "share": share,
            "low": low,
            "high": np.minimum(share + half_width, 1.0),
            "rank": np.arange(1, len(table) + 1),
            "rank_low": ranks.min(axis=0)[at],
            "rank_high": ranks.max(axis=0)[at],
            "agreeing": agreeing,
            "refits": REFITS,
            "stable": (agreeing >= _MOST_AGREE) & (low >= _LEAST_PART * share) & (share > 0),
        }
    )


def half_refits(fitted: CrossFit, frame: pd.DataFrame, target: Target, random_state: int) -> list[Scorer]:
    """Fit on random halves and on what they leave over, each label spread evenly."""
    scorers = []
    for k in range(PAIRS):
        half = assign_folds(target.label, 2, random_state + 1 + k)
        for side in (0, 1):
            rows = np.flatnonzero(half == side)
            scorers.append(fitted.learner.fit(frame.iloc[rows], target.take(rows), fitted.setting))
    return scorers


def _shares(values: pd.DataFrame) -> np.ndarray:
    """Each attribute's part of the mean absolute values, zeros where a refit found nothing."""
    mean = values.abs().mean().to_numpy(dtype=float)
    return np.asarray(mean / mean.sum() if mean.sum() > 0 else mean)


def _directions(
    frame: pd.DataFrame, shap_values: pd.DataFrame, refits: list[pd.DataFrame], attributes: Mapping[str, Attribute]
) -> dict[str, int]:
    """Of each attribute: how many refits move its levels the same way, levels weighing what they add in all."""
    found = {}
    for name, spec in attributes.items():
        holds = np.array([level.holds for level in attribute_levels(frame[name], name, spec)], dtype=float)
        ours = holds @ shap_values[name].to_numpy(dtype=float)
        weight = np.abs(ours)
        found[name] = sum(
            weight.sum() > 0 and weight[ours * (holds @ r[name].to_numpy()) > 0].sum() >= _AGREEMENT * weight.sum()
            for r in refits
        )
    return found
