"""What acting on a model would have earned on accounts it had not seen, each with its own value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.config.schema import Economics
from icp_ml.models import metrics
from icp_ml.models.evaluation import DRAWS
from icp_ml.models.holdout import KINDS
from icp_ml.models.types import Metric

_LEAST_KNOWN = 0.8
"""Share of the tested whose value must be known: the others are rarely missing by chance."""
_LEAST_EACH = 10
_VALUES = {"churn": ("arr_start", "customers", "ARR"), "win": ("amount", "decided accounts", "deal amount")}


@dataclass(frozen=True)
class Profit:
    """Figures in money, or why there are none.

    Parameters
    ----------
    metrics : tuple of Metric
        By kind: ``profit`` (an account offered, refused ones earning nothing), ``profit_gain`` (over taking everybody),
        ``refused_share``; for the models also ``profit_over_base_rate``; and ``profit_of_all``, of taking everybody.
    absent : str
        Reason where there are none, else empty.
    """

    metrics: tuple[Metric, ...] = ()
    absent: str = ""


@dataclass(frozen=True)
class Stakes:
    """What is to be gained and spent on n accounts.

    Parameters
    ----------
    margin : ndarray of float, shape (n,)
        Yearly gross margin of each account, if it is kept or won; NaN where its value is unknown.
    cost : ndarray of float, shape (n,)
        What was spent on it.
    expected_cost : float
        What one has to expect to spend on an account when deciding.
    """

    margin: np.ndarray
    cost: np.ndarray
    expected_cost: float


def acting_profit(
    cohort: Cohort, economics: Economics, holdout: pd.DataFrame, outcome: str, split: str, random_state: int,
    draws: int = DRAWS,
) -> Profit:  # fmt: skip
    """Return what taking only the accounts worth it, by each kind's forecast, would have earned.

    An account is worth taking if ``P(good) * margin >= expected cost``, where good means kept at the horizon, or won.
    Taken accounts then earn ``margin`` if good, and cost what they cost; refused ones earn and cost nothing.

    For churn this is the margin on revenue that is still there at the horizon, not on what was paid until then: under
    annual contracts everybody pays the first year, and whoever leaves at its end would look as good as one that stays.
    It is ``opportunity_value`` of a segment, customer by customer, given that the deal is won and without expansion.
    The censored count by their weights. Intervals come from the resamples behind the other figures.

    Parameters
    ----------
    cohort : Cohort
        What each account pays (``arr_start``; for winning the deal's ``amount``) and took to serve.
    economics : Economics
        Gross margin, cost of one opportunity, cost of signals.
    holdout : DataFrame
        From :func:`icp_ml.models.holdout.held_out_frame`.
    outcome : str
        ``churn`` or ``win``.
    split : str
        How the accounts were held out.
    random_state : int
        Seed of the resamples, that of :func:`icp_ml.models.evaluation.score`.
    draws : int, optional
        How many resamples.

    Returns
    -------
    Profit

    References
    ----------
    Verbraken, Verbeke and Baesens (2013), doi:10.1109/TKDE.2012.50, who put one average value for all customers.
    """
    stakes = _stakes(cohort, economics, holdout, outcome)
    known = np.isfinite(stakes.margin)
    if reason := _why_absent(stakes, holdout[known], outcome, len(holdout)):
        return Profit(absent=reason)
    weight = metrics.resample_weights(len(holdout), draws, random_state)[:, known]
    tested = holdout[known]
    earned = _earned(stakes, known, tested, outcome)
    refused = {kind: _refused(stakes, known, tested[kind].to_numpy(), outcome) for kind in KINDS}
    return Profit(_metrics(weight, tested, earned, refused, split))


def _stakes(cohort: Cohort, economics: Economics, holdout: pd.DataFrame, outcome: str) -> Stakes:
    accounts = cohort.accounts.loc[holdout.index]
    margin = economics.gross_margin * _numbers(accounts, _VALUES[outcome][0])
    pursuing = economics.acquisition_cost or 0.0
    if outcome == "win":
        return Stakes(margin, np.full(len(holdout), pursuing), pursuing)
    months = holdout["months"].to_numpy(dtype=float)
    yearly = np.nan_to_num(_numbers(accounts, "cost_to_serve"))
    served = np.minimum(holdout["time"].to_numpy(dtype=float), months) / 12
    return Stakes(margin, pursuing + yearly * served, pursuing + _usual_cost(cohort, holdout.index) * months[0] / 12)


def _usual_cost(cohort: Cohort, held_out: pd.Index) -> float:
    """Cost to serve of a year at risk of the customers that were not held out; of all where none is left."""
    others = cohort.customers & ~cohort.accounts.index.isin(held_out)
    rows = cohort.accounts[others if others.any() else cohort.customers]
    cost, years = _numbers(rows, "service_cost"), _numbers(rows, "years_at_risk")
    known = np.isfinite(cost) & (years > 0)
    return float(cost[known].sum() / years[known].sum()) if known.any() else 0.0


def _numbers(frame: pd.DataFrame, column: str) -> np.ndarray:
    """Return a column as numbers, all missing where there is none."""
    return frame[column].to_numpy(dtype=float) if column in frame else np.full(len(frame), np.nan)


def _why_absent(stakes: Stakes, tested: pd.DataFrame, outcome: str, n: int) -> str:
    """Why nothing can be said in money, empty where it can."""
    _, who, what = _VALUES[outcome]
    if not stakes.expected_cost and not stakes.cost.any():
        return "no cost is known, and without one nobody is worth refusing; put one under economics.acquisition_cost"
    if len(tested) < _LEAST_KNOWN * n:
        return f"{what} is known of {len(tested):,} of {n:,} tested {who}, fewer than {_LEAST_KNOWN:.0%}"
    if min((tested["case"] > 0).sum(), (tested["control"] > 0).sum()) < _LEAST_EACH:
        return f"fewer than {_LEAST_EACH} tested {who} of known {what} had, or had not, the outcome"
    return ""


def _earned(stakes: Stakes, known: np.ndarray, tested: pd.DataFrame, outcome: str) -> np.ndarray:
    """Return what each account earned net if it was taken, times its censoring weight."""
    case, control = tested["case"].to_numpy(), tested["control"].to_numpy()
    good = control if outcome == "churn" else case
    return np.asarray(good * stakes.margin[known] - (case + control) * stakes.cost[known])


def _refused(stakes: Stakes, known: np.ndarray, probability: np.ndarray, outcome: str) -> np.ndarray:
    """Whom a forecast says to refuse."""
    good = 1 - probability if outcome == "churn" else probability
    return np.asarray(good * stakes.margin[known] < stakes.expected_cost)


def _metrics(
    weight: np.ndarray, tested: pd.DataFrame, earned: np.ndarray, refused: dict[str, np.ndarray], split: str
) -> tuple[Metric, ...]:
    counted = weight @ (tested["case"] + tested["control"]).to_numpy()
    everybody = weight @ earned / counted
    profit = {kind: weight @ (earned * ~refused[kind]) / counted for kind in KINDS}
    found = [("profit_of_all", "base_rate", everybody)]
    found += [("profit", kind, profit[kind]) for kind in KINDS]
    found += [("profit_gain", kind, profit[kind] - everybody) for kind in KINDS]
    found += [("profit_over_base_rate", kind, profit[kind] - profit["base_rate"]) for kind in ("boosted", "logistic")]
    found += [("refused_share", kind, weight @ refused[kind] / weight.sum(axis=1)) for kind in KINDS]
    return tuple(
        Metric(name, kind, float(draws[0]), *metrics.interval(draws[1:]), len(tested), split)
        for name, kind, draws in found
    )
