"""What pursuing one opportunity earns: from its parts, with an interval that knows which of them go together.

``P(win) * (gross margin * ARR * retained share - cost to serve) - acquisition cost`` within the horizon. The retained
share is NRR, or one minus churn where no NRR is known; a cost that is not known counts as none, and is named in
``without``.

The interval adds up what each part's own interval leaves open, each on the side on which it matters (method of variance
estimates recovery: Zou and Donner 2008, doi:10.1002/sim.3095, with correlations as in Zou 2007,
doi:10.1037/1082-989X.12.4.399), so that what is lopsided in a part stays so. ARR, retention and cost come from the same
customers: large ones that stay longer, or cost more, make the parts move together. How much is measured by how far each
account moves each part.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.retention import retained_influence
from icp_ml.config.schema import Economics
from icp_ml.survival.ratios import Ends
from icp_ml.survival.weighting import kept_pseudo_values

Figures = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Worth:
    """What an opportunity earns: estimate, low and high end; ``n`` decided accounts; what to say beside it."""

    ends: Ends
    n: int
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Part:
    """A part of the value, by how much the value moves with it, and how far each account moves the part itself."""

    ends: Ends
    slope: float
    influence: np.ndarray

    def open_end(self, side: int) -> float:
        """Return how far the part leaves the value open below (-1) or above (1), with the sign of the slope."""
        at, low, high = self.ends
        return self.slope * (high - at if side * self.slope > 0 else at - low)


def opportunity_value(figures: Figures, rows: pd.DataFrame, horizon: int, economics: Economics) -> Worth | str:
    """Return what pursuing one opportunity earns within the horizon on average, or why that is unknown.

    Parameters
    ----------
    figures : mapping
        ``win_rate``, ``arr``, ``nrr``, ``churn`` and ``cost_to_serve`` of the group.
    rows : DataFrame
        Its accounts, rows of :attr:`icp_ml.cohort.cohort.Cohort.accounts`.
    horizon : int
        Months.
    economics : Economics
        Gross margin and the cost of pursuing one opportunity.

    Returns
    -------
    Worth or str
        In the reporting currency; ``more`` holds ``without`` (unknown costs) and ``months`` where churn stands in for
        NRR and is known for fewer than the horizon's.
    """
    churn, serve = figures["churn"], figures["cost_to_serve"]
    by_churn = "absent" in figures["nrr"] and "absent" not in churn
    kept = _turned(churn) if by_churn else figures["nrr"]
    needed = {"win rate": figures["win_rate"], "ARR": figures["arr"], "retention": kept}
    if missing := [name for name, part in needed.items() if "absent" in part]:
        return f"needs {', '.join(missing)}, which could not be measured here"
    win, arr, keep = (part["estimate"] for part in needed.values())
    cost, margin = serve.get("estimate", 0.0), economics.gross_margin
    a_customer = margin * arr * keep - cost
    moved = _moved(rows, horizon, churn.get("months", horizon) if by_churn else None)
    parts = [
        _Part(_ends(needed["win rate"]), a_customer, moved["win_rate"]),
        _Part(_ends(needed["ARR"]), win * margin * keep, moved["arr"]),
        _Part(_ends(kept), win * margin * arr, moved["kept"]),
    ]
    parts += [] if "absent" in serve else [_Part(_ends(serve), -win, moved["cost_to_serve"])]
    value = win * a_customer - (economics.acquisition_cost or 0.0)
    ends = value, value - _together(parts, -1), value + _together(parts, 1)
    without = [] if economics.acquisition_cost is not None else ["acquisition cost"]
    without += ["cost to serve"] if "absent" in serve else []
    more: dict[str, Any] = {"without": without} if without else {}
    more |= {"months": churn["months"]} if by_churn and churn.get("months", horizon) != horizon else {}
    return Worth(ends, figures["win_rate"]["n"], more)


def _turned(churn: Mapping[str, Any]) -> dict[str, Any]:
    return {**churn, "estimate": 1 - churn["estimate"], "low": 1 - churn["high"], "high": 1 - churn["low"]}


def _ends(figure: Mapping[str, Any]) -> Ends:
    return figure["estimate"], figure["low"], figure["high"]


def _together(parts: list[_Part], side: int) -> float:
    """Return how far all parts together leave the value open on one side."""
    ends, total = [part.open_end(side) for part in parts], 0.0
    for a, one in enumerate(parts):
        for b, other in enumerate(parts):
            total += ends[a] * ends[b] * (1.0 if a == b else _correlation(one.influence, other.influence))
    return math.sqrt(max(total, 0.0))


def _correlation(one: np.ndarray, other: np.ndarray) -> float:
    """Return how far two figures move together; 0 where one of them does not move."""
    size = math.sqrt(float(np.sum(one**2)) * float(np.sum(other**2)))
    return float(np.sum(one * other)) / size if size > 0 else 0.0


def _moved(rows: pd.DataFrame, horizon: int, churn_months: int | None) -> dict[str, np.ndarray]:
    """Return by how much each account moves each part, to first order, shape (n_accounts,) each."""
    customer = rows["is_customer"].to_numpy(dtype=bool)
    won = (rows["outcome"] == "won").fillna(False).to_numpy(dtype=bool)
    cost, years = (rows[name].to_numpy(dtype=float) for name in ("service_cost", "years_at_risk"))
    kept = np.zeros(len(rows))
    if churn_months is None:
        kept[customer] = retained_influence(rows[customer], "nrr", horizon)
    else:
        followed = rows.loc[customer, ["follow_up_months", "churned"]]
        entry = rows.loc[customer, "entry_months"].fillna(0.0)
        values = kept_pseudo_values(followed["follow_up_months"], followed["churned"], churn_months, entry)
        kept[customer] = _from_mean(values, np.ones(len(values)))
    return {
        "win_rate": _from_mean(won.astype(float), rows["outcome"].notna().to_numpy(dtype=float)),
        "arr": _from_mean(np.where(customer, rows["arr_start"].to_numpy(dtype=float), np.nan), np.ones(len(rows))),
        "kept": kept,
        "cost_to_serve": _from_mean(cost / np.where(years > 0, years, np.nan), np.where(customer, years, 0.0)),
    }


def _from_mean(values: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return each value's weighted distance from the mean, over the sum of weights; 0 where it is not counted."""
    weight = np.where(np.isnan(values) | ~(weight > 0), 0.0, weight)
    if not weight.sum() > 0:
        return np.zeros(len(values))
    known = np.where(weight > 0, values, 0.0)
    return weight * (known - float(np.sum(weight * known) / weight.sum())) / weight.sum()
