"""How far apart two models are on the same tasks, with an interval: what chance could have made of the difference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from icp_ml.models import metrics

LEVEL = 0.90
DRAWS = 500
SEED = 7
MOST_TIME = 0.2


@dataclass(frozen=True)
class Ends:
    """A difference with its interval."""

    estimate: float
    low: float
    high: float

    def words(self) -> str:
        """Return it to four decimals."""
        return f"{self.estimate:+.4f} ({self.low:+.4f} to {self.high:+.4f})"


@dataclass(frozen=True)
class Predicted:
    """A model's predictions of every task of a problem, and its CPU seconds for all of them."""

    probabilities: Sequence[np.ndarray]
    seconds: float


@dataclass(frozen=True)
class Compared:
    """Ours beside another: the other's figures, and ours less the other's."""

    auc: float
    brier: float
    auc_gain: Ends
    brier_gain: Ends

    @property
    def verdict(self) -> str:
        """Whether ours is at least as good within noise: neither interval lies wholly on the worse side."""
        worse = ["AUC"] * (self.auc_gain.high < 0) + ["Brier"] * (self.brier_gain.low > 0)
        return f"missed: {' and '.join(worse)}" if worse else "passed"


def compare(truths: Sequence[np.ndarray], ours: Predicted, other: Predicted, folds: bool) -> Compared:
    """Compare two models.

    Parameters
    ----------
    truths : sequence of ndarray
        Outcomes, or true probabilities, of each task's test accounts.
    ours, other : Predicted
        For the same tasks in the same order.
    folds : bool
        True: the tasks are folds of the same accounts, and accounts are resampled. False: they are worlds of their own,
        and vary as worlds do (Student's t).

    Returns
    -------
    Compared
        AUC within tasks; a true probability counts as that share of a case.
    """
    draw = _folds if folds else _worlds
    mine, theirs = draw(truths, ours.probabilities), draw(truths, other.probabilities)
    gain = _resampled if folds else _between_worlds
    auc, brier = figures(truths, other, folds)
    return Compared(auc, brier, gain(mine[0], theirs[0]), gain(mine[1], theirs[1]))


def figures(truths: Sequence[np.ndarray], model: Predicted, folds: bool) -> tuple[float, float]:
    """Return a model's AUC and Brier score over all tasks."""
    auc, brier = (_folds if folds else _worlds)(truths, model.probabilities)
    return (float(auc[0]), float(brier[0])) if folds else (float(auc.mean()), float(brier.mean()))


def expected(truth: np.ndarray, probability: np.ndarray) -> tuple[float, float]:
    """Return AUC and Brier score of one test set; with true probabilities, those expected over all outcomes."""
    one, group = np.ones((1, len(truth))), np.zeros(len(truth))
    auc = metrics.auc(one, probability, truth, 1 - truth, group)
    return float(auc[0]), float(metrics.brier(one, probability, truth, 1 - truth)[0])


def _folds(truths: Sequence[np.ndarray], probabilities: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return AUC and Brier score on all accounts and on resamples of them, the same ones for every model."""
    truth, p = np.concatenate(truths), np.concatenate(probabilities)
    group = np.repeat(np.arange(len(truths)), [len(t) for t in truths])
    weight = metrics.resample_weights(len(truth), DRAWS, SEED)
    return metrics.auc(weight, p, truth, 1 - truth, group), metrics.brier(weight, p, truth, 1 - truth)


def _worlds(truths: Sequence[np.ndarray], probabilities: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return each world's AUC and Brier score."""
    found = np.array([expected(t, p) for t, p in zip(truths, probabilities, strict=True)])
    return found[:, 0], found[:, 1]


def _resampled(ours: np.ndarray, other: np.ndarray) -> Ends:
    low, high = np.quantile((ours - other)[1:], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Ends(float(ours[0] - other[0]), float(low), float(high))


def _between_worlds(ours: np.ndarray, other: np.ndarray) -> Ends:
    return mean_interval(ours - other)


def mean_interval(values: np.ndarray) -> Ends:
    """Return a mean with Student's interval; without bounds where there is one value alone.

    >>> mean_interval(np.array([1.0, 1.0]))
    Ends(estimate=1.0, low=1.0, high=1.0)
    """
    mean = float(np.mean(values))
    if len(values) < 2:
        return Ends(mean, -np.inf, np.inf)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return Ends(mean, mean - half, mean + half)
