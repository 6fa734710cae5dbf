"""Whether trees grown elsewhere forecast as those grown in memory do: the same figures, within noise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy import stats

from icp_ml.config.schema import Attribute
from icp_ml.models.boosting import Booster, Trainer, train_booster
from icp_ml.models.evaluation import Scores, score
from icp_ml.models.history import Records
from icp_ml.models.holdout import hold_out
from icp_ml.models.settings import BUILT_IN, BoosterSettings

FIGURES = ("auc", "brier", "log_loss", "calibration_slope")
LEVEL = 0.99
"""Of the noise: with four figures, one training in 25 lies outside in one of them by chance."""
_SEEDS = 8
_APART = 1_000_003


@dataclass(frozen=True)
class EngineFigure:
    """One figure of boosted trees on held-out accounts, grown by two engines.

    Parameters
    ----------
    name : str
        One of :data:`FIGURES`.
    there, here : float
        Of the trees grown elsewhere, and of those grown in memory.
    low, high : float
        Where a further training in memory, its trees sampling other accounts, lies with probability :data:`LEVEL`.
    n : int
        Held-out accounts.
    """

    name: str
    there: float
    here: float
    low: float
    high: float
    n: int

    @property
    def within_noise(self) -> bool:
        """Whether a training in memory might have given the figure."""
        return self.low <= self.there <= self.high


def compare_engines(
    records: Records,
    attributes: Mapping[str, Attribute],
    random_state: int,
    forecasts: np.ndarray,
    settings: BoosterSettings = BUILT_IN,
) -> tuple[EngineFigure, ...]:
    """Hold the same accounts out in memory, and set the figures beside those of forecasts made elsewhere.

    Workers that each sample their own share of the accounts grow other trees than one process does, as another seed
    would. So the noise is that of seeds: the trees are grown again in memory with eight others, the same accounts held
    out, and the interval is Student's for a further training.

    Parameters
    ----------
    records : Records
        Accounts with the outcome.
    attributes : mapping of str to Attribute
        What the models may use.
    random_state : int
        Seed of folds and trees, the same as elsewhere.
    forecasts : ndarray of float, shape (n_held_out,)
        Column ``boosted`` of :func:`icp_ml.models.holdout.held_out_frame`, of trees grown elsewhere.
    settings : BoosterSettings, optional
        How trees are grown, the same as elsewhere.

    Returns
    -------
    tuple of EngineFigure
        Those that are defined.
    """
    held = hold_out(records, attributes, random_state, settings)
    elsewhere = replace(held, predictions={**held.predictions, "boosted": np.asarray(forecasts, dtype=float)})
    here, there = _figures(score(held, random_state, 1)), _figures(score(elsewhere, random_state, 1))
    again = [
        _figures(score(hold_out(records, attributes, random_state, settings, train=_reseeded(k)), random_state, 1))
        for k in range(1, _SEEDS + 1)
    ]
    found = []
    for name in FIGURES:
        values = np.array([here[name], *(one[name] for one in again)])
        if np.isfinite([*values, there[name]]).all():
            low, high = _further(values)
            found.append(EngineFigure(name, there[name], here[name], low, high, len(held.rows)))
    return tuple(found)


def _figures(scores: Scores) -> dict[str, float]:
    return {name: scores.value(name, "boosted") for name in FIGURES}


def _reseeded(number: int) -> Trainer:
    """Return a trainer in memory whose trees sample otherwise; folds stay as they are."""

    def train(*records: Any, random_state: int = 0, **told: Any) -> Booster:
        return train_booster(*records, random_state=random_state + number * _APART, **told)

    return train


def _further(values: np.ndarray) -> tuple[float, float]:
    """Return where a further value lies: mean plus and minus ``t sd sqrt(1 + 1 / n)``."""
    n = len(values)
    reach = stats.t.ppf(0.5 + LEVEL / 2, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return float(values.mean() - reach), float(values.mean() + reach)
