"""What happened to each account, as additive scores: segments are to differ in these and in nothing else.

Each outcome gives an account a score and an exposure. Over any group that was chosen without looking at the outcome,
``sum(score) ** 2 / sum(exposure)`` is about chi-squared with one degree of freedom where the outcome has nothing to do
with the group: for winning it is the test of a proportion, for churn the log-rank test (Mantel 1966), for pull and
expansion that of a mean. Deal size is not among them: size alone is no segment.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import chdtrc, chdtri  # the chi-squared distribution without what scipy.stats checks each time
from scipy.stats import norm, rankdata

from icp_ml.cohort.cohort import Cohort
from icp_ml.survival import logrank_scores, nelson_aalen

DECIDING = ("win", "churn", "expansion")  # what an account is worth; pull foretells it
_FEWEST = 60  # accounts with a measured outcome, below which it is not looked at
_FEWEST_EVENTS = 15


@dataclass(frozen=True)
class Targets:
    """Scores and exposures of n accounts on q outcomes.

    Parameters
    ----------
    names : tuple of str, length q
        ``win``, ``churn``, ``pull``, ``expansion``: those that are measured often enough.
    scores, exposures : ndarray, shape (n, q)
        0 where the outcome is not measured for the account.
    absent : dict
        Outcome: why it was not looked at.
    """

    names: tuple[str, ...]
    scores: np.ndarray
    exposures: np.ndarray
    absent: dict[str, str]

    def rows(self, mask: np.ndarray) -> Targets:
        """Return the same targets for a subset of accounts."""
        return Targets(self.names, self.scores[mask], self.exposures[mask], self.absent)

    def on(self, names: Sequence[str]) -> Targets:
        """Return the same accounts on some of the outcomes, those that are measured."""
        chosen = [j for j, name in enumerate(self.names) if name in names]
        measured = tuple(self.names[j] for j in chosen)
        return Targets(measured, self.scores[:, chosen], self.exposures[:, chosen], self.absent)

    def critical(self, chance: float) -> float:
        """Return what a group's summed chi-squared exceeds with probability ``chance`` where nothing differs.

        Outcomes of one account go together (who churns has little pull), so the sum is matched to a scaled chi-squared
        by its first two moments (Satterthwaite 1946, doi:10.2307/3002019).
        """
        scale, freedom = self._moments
        return scale * float(chdtri(freedom, chance))

    def chance(self, statistic: float) -> float:
        """Return the probability of a summed chi-squared this large where nothing differs, 0..1."""
        scale, freedom = self._moments
        return float(chdtrc(freedom, max(statistic / scale, 0.0)))

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """Scale and degrees of freedom of the chi-squared that the sum is matched to."""
        weights = np.linalg.eigvalsh(self._correlation())
        scale = float(np.sum(weights**2) / np.sum(weights))
        return scale, float(np.sum(weights)) / scale

    def _correlation(self) -> np.ndarray:
        """Correlation of group sums, shape (q, q): outcomes measured on different accounts do not go together."""
        covariance = self.scores.T @ self.scores
        spread = np.sqrt(np.maximum(np.diag(covariance), 1e-12))
        return covariance / np.outer(spread, spread)


def outcome_targets(cohort: Cohort, among: np.ndarray) -> Targets:
    """Return the targets of some accounts, with every expectation formed among these alone.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    among : ndarray of bool, shape (n_accounts,)
        The accounts to score, for instance the half that forms the segments.
    """
    rows = cohort.accounts[among]
    found = {
        "win": _win(rows) if cohort.has_wins else "no deals to compare",
        "churn": _churn(rows, cohort.horizon) if cohort.has_churn else "no subscriptions to follow",
        "pull": _mean(rows["pull"].to_numpy(dtype=float), "pull"),
        "expansion": _mean(_expansion(rows), "expansion"),
    }
    absent = {name: value for name, value in found.items() if isinstance(value, str)}
    pairs = {name: value for name, value in found.items() if not isinstance(value, str)}
    empty = np.empty((len(rows), 0))
    return Targets(
        tuple(pairs),
        np.column_stack([p[0] for p in pairs.values()]) if pairs else empty,
        np.column_stack([p[1] for p in pairs.values()]) if pairs else empty,
        absent,
    )


_Pair = tuple[np.ndarray, np.ndarray]


def _win(rows: pd.DataFrame) -> _Pair | str:
    decided = rows["outcome"].notna().to_numpy()
    won = (rows["outcome"] == "won").fillna(False).to_numpy(dtype=bool) & decided
    if min(won.sum(), decided.sum() - won.sum()) < _FEWEST_EVENTS or decided.sum() < _FEWEST:
        return f"{int(won.sum())} won of {int(decided.sum())} decided accounts are too few to compare"
    rate = won.sum() / decided.sum()
    spread = np.sqrt(rate * (1 - rate))
    return np.where(decided, (won - rate) / spread, 0.0), decided.astype(float)


def _churn(rows: pd.DataFrame, horizon: int) -> _Pair | str:
    customer = rows["is_customer"].to_numpy(dtype=bool)
    follow_up = rows["follow_up_months"].to_numpy(dtype=float)[customer]
    churned = rows["churned"].to_numpy(dtype=bool)[customer]
    entry = np.nan_to_num(rows["entry_months"].to_numpy(dtype=float)[customer])
    events = int(np.sum(churned & (follow_up <= horizon)))
    if customer.sum() < _FEWEST or events < _FEWEST_EVENTS:
        return f"{events} churned within {horizon} months of {int(customer.sum())} customers are too few to compare"
    scores, exposures = np.zeros(len(rows)), np.zeros(len(rows))
    scores[customer] = logrank_scores(follow_up, churned, horizon, entry)
    hazard = nelson_aalen(follow_up, churned, entry)
    jumps = np.diff(hazard.values, prepend=0.0)
    # Churn comes in lumps at renewals: the variance of a lump is binomial, not Poisson.
    total = np.concatenate([[0.0], np.cumsum(jumps * (1 - jumps))])
    until = np.searchsorted(hazard.times, np.minimum(follow_up, horizon), side="right")
    since = np.where(entry > 0, np.searchsorted(hazard.times, np.minimum(entry, horizon), side="right"), 0)
    exposures[customer] = np.maximum(total[until] - total[since], 0.0)
    return scores, exposures


def _expansion(rows: pd.DataFrame) -> np.ndarray:
    """Return each kept customer's ARR at the horizon over its first, as normal ranks; NaN where unknown or lost."""
    nrr = rows["nrr"].to_numpy(dtype=float)
    kept = ~np.isnan(nrr) & (nrr > 0)
    ranks = np.full(len(nrr), np.nan)
    if kept.any():
        ranks[kept] = norm.ppf((rankdata(nrr[kept]) - 0.5) / kept.sum())
    return ranks


def _mean(values: np.ndarray, name: str) -> _Pair | str:
    known = ~np.isnan(values)
    if known.sum() < _FEWEST:
        return f"{name} is measured for {int(known.sum())} accounts, fewer than {_FEWEST}"
    spread = values[known].std()
    if spread < 1e-9:
        return f"{name} is the same for everybody"
    return np.where(known, (np.nan_to_num(values) - values[known].mean()) / spread, 0.0), known.astype(float)
