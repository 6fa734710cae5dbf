"""Where distance between accounts means that they differ for a reason that matters.

Each dimension is what one attribute adds to the forecast of one outcome: out-of-fold SHAP values of boosted trees for
churn, winning, pull and expansion, on the log scale, so that all are comparable. The trees learn from the forming half
alone. The release's own out-of-fold SHAP values would not do: the model that explains an account of the forming half
has learned from the outcomes of the other half, on which segments are then measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from icp_ml.config.schema import Attribute
from icp_ml.features.encoding import AttributeEncoder
from icp_ml.models.boosting import Loss, train_booster
from icp_ml.models.settings import EXPLORING
from icp_ml.segments.targets import Targets

_FOLDS = 3
_ROUNDS = 60
_NEGLIGIBLE = 0.1  # of the widest dimension's standard deviation


def contribution_space(
    frame: pd.DataFrame,
    others: pd.DataFrame,
    targets: Targets,
    attributes: Mapping[str, Attribute],
    names: Sequence[str],
    seed: int,
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return contributions of the forming accounts, of further accounts, and what each dimension is.

    Parameters
    ----------
    frame, others : DataFrame
        Typed attributes of the accounts that form segments, and of further ones.
    targets : Targets
        What happened to the former.
    attributes : mapping
        Specifications.
    names : sequence of str
        Attributes to use.
    seed : int
        Seed of folds and trees.

    Returns
    -------
    tuple
        ``(len(frame), d)`` out-of-fold, ``(len(others), d)`` averaged over folds, and names such as
        ``churn: industry``. Dimensions in which accounts hardly differ are left out, lest their noise blur distances.
    """
    encoder = AttributeEncoder({name: attributes[name] for name in names}).fit(frame)
    encoded, encoded_others = encoder.transform(frame), encoder.transform(others)
    owners = [column.attribute for column in encoder.columns_]
    inside, outside, labels = [], [], []
    for position, outcome in enumerate(targets.names):
        mine, theirs = _contributions(encoded, encoded_others, targets, position, seed)
        for name in dict.fromkeys(owners):
            columns = [j for j, owner in enumerate(owners) if owner == name]
            inside.append(mine[:, columns].sum(axis=1))
            outside.append(theirs[:, columns].sum(axis=1))
            labels.append(f"{outcome}: {name}")
    if not inside:
        return np.empty((len(frame), 0)), np.empty((len(others), 0)), []
    space = np.column_stack(inside)
    spread = space.std(axis=0)
    kept = (spread > _NEGLIGIBLE * spread.max()) & (spread > 1e-6)
    return space[:, kept], np.column_stack(outside)[:, kept], [n for n, k in zip(labels, kept, strict=True) if k]


def _contributions(
    encoded: pd.DataFrame, others: pd.DataFrame, targets: Targets, position: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return out-of-fold contributions to one outcome, shrunk by how well they held out of fold."""
    rows = np.flatnonzero(targets.exposures[:, position] > 0)
    label, offset, loss = _learnable(targets, position, rows)
    fold = np.random.default_rng(seed + position).permutation(len(encoded)) % _FOLDS
    mine, theirs = np.zeros(encoded.shape), np.zeros(others.shape)
    for k in range(_FOLDS):
        train, test = fold[rows] != k, np.flatnonzero(fold == k)
        booster = train_booster(
            encoded.iloc[rows[train]],
            label[train],
            loss,
            offset=offset[train],
            rounds=_ROUNDS,
            random_state=seed,
            settings=EXPLORING,
        )
        mine[test] = booster.contributions(encoded.iloc[test])[:, :-1]
        if len(others):
            theirs += booster.contributions(others)[:, :-1] / _FOLDS
    margin = mine[rows].sum(axis=1)
    centred = margin - margin.mean()
    # A forecast that does not hold out of fold has no slope, and so no say in distances.
    slope = float(np.sum(centred * targets.scores[rows, position]) / max(np.sum(centred**2), 1e-9))
    return (mine, theirs) if slope > 0 else (np.zeros(mine.shape), np.zeros(theirs.shape))


def _learnable(targets: Targets, position: int, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, Loss]:
    """Return label, offset and loss for the trees: events over expected events, or a chance."""
    scores = targets.scores[rows, position]
    if targets.names[position] == "churn":
        churned = scores > 0
        return churned.astype(float), np.log(np.maximum(churned - scores, 1e-3)), "poisson"
    if targets.names[position] == "win":
        return (scores > 0).astype(float), np.zeros(len(rows)), "logistic"
    return (rankdata(scores) - 0.5) / len(rows), np.zeros(len(rows)), "logistic"
