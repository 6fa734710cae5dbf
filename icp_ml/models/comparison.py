"""Two models judged on the same accounts: paired differences, and what chance explains of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from icp_ml.models import metrics

LEAST_ACCOUNTS, LEAST_EVENTS = 30, 10
"""Accounts that both models forecast, and events and non-events among them, before two models are compared."""
DRAWS = 2000
_CELLS = 4_000_000
"""Resample weights held in memory at a time."""


@dataclass(frozen=True)
class Pairs:
    """Accounts with an outcome and a forecast of either model, neither of which had seen them.

    Parameters
    ----------
    outcome : str
        ``churn`` or ``win``.
    champion, challenger : ndarray of float, shape (n,)
        Probabilities of the event.
    case, control : ndarray of float, shape (n,)
        Weight as an account with, and without, the event; both 0 where that is not known.
    group : ndarray of int, shape (n,)
        Accounts whose forecasts come from the same two fits; ranks are compared inside it only.
    months : float or None
        For churn, the months judged at.
    """

    outcome: str
    champion: np.ndarray
    challenger: np.ndarray
    case: np.ndarray
    control: np.ndarray
    group: np.ndarray
    months: float | None = None

    @property
    def events(self) -> int:
        """Accounts with the event."""
        return int((self.case > 0).sum())

    @property
    def others(self) -> int:
        """Accounts known to be without it."""
        return int((self.control > 0).sum())

    @property
    def enough(self) -> bool:
        """Whether they are enough for a comparison."""
        return self.events + self.others >= LEAST_ACCOUNTS and min(self.events, self.others) >= LEAST_EVENTS


@dataclass(frozen=True)
class Comparison:
    """What the challenger gains over the champion; a gain above 0 is always in the challenger's favour.

    Parameters
    ----------
    pairs : Pairs
        What was compared.
    champion, challenger : dict of str to float
        ``brier``, ``log_loss`` and ``auc`` of each; NaN where undefined.
    gains : dict of str to ndarray, shape (draws + 1,)
        By figure: how much the challenger is better, on the accounts and on each resample of them.
    errors : dict of str to float
        Standard error of the gains that are means over accounts.
    """

    pairs: Pairs
    champion: dict[str, float]
    challenger: dict[str, float]
    gains: dict[str, np.ndarray]
    errors: dict[str, float]

    def gain(self, figure: str) -> float:
        """Return how much the challenger is better."""
        return float(self.gains[figure][0])

    def interval(self, figure: str, level: float = 0.90) -> tuple[float | None, float | None]:
        """Return the interval of a gain; None where too many resamples leave it undefined.

        Percentile intervals are too narrow on few accounts, so they are widened to what Student's t asks for
        (Hesterberg 2015, doi:10.1080/00031305.2015.1089789), and where the gain is a mean, to the t interval where that
        reaches further. Two equal models then seem to differ as rarely as the level says.
        """
        n = self.pairs.events + self.pairs.others
        quantile = float(t.ppf((1 + level) / 2, n - 1))
        widened = float(2 * norm.cdf(quantile * np.sqrt(n / (n - 1))) - 1)
        low, high = metrics.interval(self.gains[figure][1:], widened)
        if low is None or high is None or figure not in self.errors:
            return low, high
        reach = quantile * self.errors[figure]
        return min(low, self.gain(figure) - reach), max(high, self.gain(figure) + reach)


def compare(pairs: Pairs, random_state: int, draws: int = DRAWS) -> Comparison:
    """Compare two models by a bootstrap over accounts that both share.

    Parameters
    ----------
    pairs : Pairs
        Enough of them.
    random_state : int
        Seed of the resamples.
    draws : int, optional
        Number of resamples.

    Returns
    -------
    Comparison
    """
    champion, challenger = _resampled(pairs, random_state, draws)
    sign = {"brier": -1, "log_loss": -1, "auc": 1}
    return Comparison(
        pairs,
        {name: float(values[0]) for name, values in champion.items()},
        {name: float(values[0]) for name, values in challenger.items()},
        {name: sign[name] * (challenger[name] - champion[name]) for name in sign},
        {"brier": _error(pairs, _squared), "log_loss": _error(pairs, _logarithmic)},
    )


Figures = dict[str, np.ndarray]


def _resampled(pairs: Pairs, random_state: int, draws: int) -> tuple[Figures, Figures]:
    """Return both models' figures on the accounts and on the same resamples, a few resamples at a time."""
    n, parts = len(pairs.case), []
    size = max(1, _CELLS // n)
    seeds = np.random.SeedSequence(random_state).generate_state(-(-draws // size))
    for k, seed in enumerate(seeds):
        weight = metrics.resample_weights(n, min(size, draws - k * size), int(seed))[min(k, 1) :]
        parts.append((_figures(pairs, pairs.champion, weight), _figures(pairs, pairs.challenger, weight)))
    champion, challenger = zip(*parts, strict=True)
    return _joined(champion), _joined(challenger)


def _figures(pairs: Pairs, probability: np.ndarray, weight: np.ndarray) -> Figures:
    return {
        "brier": metrics.brier(weight, probability, pairs.case, pairs.control),
        "log_loss": metrics.log_loss(weight, probability, pairs.case, pairs.control),
        "auc": metrics.auc(weight, probability, pairs.case, pairs.control, pairs.group),
    }


def _joined(parts: tuple[Figures, ...]) -> Figures:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _squared(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss with and without the event."""
    return (1 - p) ** 2, p**2


def _logarithmic(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Loss with and without the event."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return -np.log(p), -np.log1p(-p)


def _error(pairs: Pairs, loss: Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the standard error of a weighted mean of loss differences, by linearisation; weights count as known."""
    with_old, without_old = loss(pairs.champion)
    with_new, without_new = loss(pairs.challenger)
    total, n = pairs.case + pairs.control, pairs.events + pairs.others
    summed = pairs.case * (with_old - with_new) + pairs.control * (without_old - without_new)
    mean = summed.sum() / total.sum()
    return float(np.sqrt(((summed - total * mean) ** 2).sum() * n / (n - 1)) / total.sum())
