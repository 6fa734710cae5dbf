"""Fit a model with its flexibility and calibration chosen on accounts it did not see."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.models.learners import Learner, Scorer
from icp_ml.models.recalibration import log_likelihood
from icp_ml.models.targets import Link, Target

FOLDS = 5
INNER_FOLDS = 3
"""Inside an evaluation split, where only two numbers come from the folds."""


@dataclass(frozen=True)
class CrossFit:
    """One kind of model cross-fitted on n accounts.

    Parameters
    ----------
    learner : Learner
        What was fitted.
    setting : int
        Position of the flexibility with the least held-out loss.
    scorers : tuple of Scorer
        One a fold, fitted on the other folds.
    fold : ndarray of int, shape (n,)
        Fold each account was held out in.
    margin : ndarray of float, shape (n,)
        Held-out margins at that setting.
    link : Link
        Fitted on the held-out margins.
    """

    learner: Learner
    setting: int
    scorers: tuple[Scorer, ...]
    fold: np.ndarray
    margin: np.ndarray
    link: Link

    def refit(self, frame: pd.DataFrame, target: Target) -> Scorer:
        """Fit on every account at the setting found."""
        return self.learner.fit(frame, target, self.setting)

    def explain(self, frame: pd.DataFrame, fold: np.ndarray) -> pd.DataFrame:
        """Return calibrated contributions, each account by the model of its fold, which never saw it."""
        parts = [
            scale_contributions(scorer.contributions(frame[fold == k]), self.link)
            for k, scorer in enumerate(self.scorers)
        ]
        return pd.concat(parts).loc[frame.index]


def cross_fit(learner: Learner, frame: pd.DataFrame, target: Target, fold: np.ndarray) -> CrossFit:
    """Cross-fit a learner.

    Parameters
    ----------
    learner : Learner
        Boosted or linear.
    frame : DataFrame, shape (n, n_attributes)
        Typed attributes.
    target : Target
        Their outcomes, in the same order.
    fold : ndarray of int, shape (n,)
        From :func:`assign_folds`.

    Returns
    -------
    CrossFit
    """
    paths, margins = [], []
    for k in range(int(fold.max()) + 1):
        train, test = np.flatnonzero(fold != k), np.flatnonzero(fold == k)
        path = learner.fit_path(frame.iloc[train], target.take(train))
        paths.append(path)
        margins.append((test, path.margins(frame.iloc[test])))
    held_out = np.empty((len(frame), margins[0][1].shape[1]))
    for test, values in margins:
        held_out[test] = values
    setting = int(np.argmin(_losses(held_out, target)))
    margin = held_out[:, setting]
    return CrossFit(learner, setting, tuple(path.at(setting) for path in paths), fold, margin, target.link(margin))


def assign_folds(label: np.ndarray, n_folds: int, random_state: int) -> np.ndarray:
    """Return a fold for each account, shape (n,), each label spread evenly over the folds.

    >>> np.bincount(assign_folds(np.array([1.0] * 4 + [0.0] * 8), 4, 0)).tolist()
    [3, 3, 3, 3]
    """
    shuffled = np.random.default_rng(random_state).permutation(len(label))
    ordered = shuffled[np.argsort(np.asarray(label)[shuffled], kind="stable")]
    fold = np.empty(len(label), dtype=int)
    fold[ordered] = np.arange(len(label)) % n_folds
    return fold


def scale_contributions(contributions: pd.DataFrame, link: Link) -> pd.DataFrame:
    """Put a margin's contributions on the calibrated scale: rows then add up to ``link.log_margin``."""
    scaled = contributions * link.slope
    scaled["base"] = link.log_margin(contributions["base"].to_numpy())
    return scaled


def _losses(margins: np.ndarray, target: Target) -> np.ndarray:
    """Mean held-out loss of each column of margins."""
    eta = margins + target.offset[:, None]
    return np.asarray(-log_likelihood(eta, target.label[:, None], target.loss).mean(axis=0))
