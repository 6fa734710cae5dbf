"""The share of customers kept, month by month from the start, for pictures of who stays how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from icp_ml.cohort.cohort import Cohort
from icp_ml.segments.figures import LEVEL, Figure
from icp_ml.survival import kaplan_meier

FEWEST_CUSTOMERS = 10
_AT_RISK, _AT_RISK_SMALL = 30, 10
_SMALL = 100  # customers, below which a curve goes on while 10 are at risk

Curve = list[dict[str, Any]] | dict[str, str]


def kept_by_month(cohort: Cohort, members: np.ndarray) -> dict[str, Figure]:
    """Return the Kaplan-Meier share kept after each month up to the horizon.

    Parameters
    ----------
    cohort : Cohort
        One row an account; customers who came under observation late count from then on (``entry_months``).
    members : ndarray of bool, shape (n_accounts,)
        The group's accounts.

    Returns
    -------
    dict
        Month as text, from ``"0"``: ``estimate``, ``low``, ``high``, ``level``, ``n``, ``at_risk`` at the end of that
        month and ``thinnest``, the fewest at risk at any month or churn up to then. Or ``absent``, with the reason,
        under every month.
    """
    rows = cohort.accounts[members & cohort.customers]
    months = range(cohort.horizon + 1)
    if not cohort.has_churn or len(rows) < FEWEST_CUSTOMERS:
        why = f"{len(rows)} customers are fewer than {FEWEST_CUSTOMERS}"
        return {str(m): {"absent": why if cohort.has_churn else "no subscriptions"} for m in months}
    curve = kaplan_meier(rows["follow_up_months"], rows["churned"], rows["entry_months"].fillna(0.0))
    thinnest, figures = curve.n, {}
    for month in months:
        at_churn = curve.risk[curve.times <= month]
        if month:
            thinnest = min(thinnest, curve.at_risk(month), *at_churn.tolist())
        # Everybody is kept at the start, whatever the number.
        low, high = curve.interval_at(month, LEVEL) if month else (1.0, 1.0)
        figures[str(month)] = {
            "estimate": round(curve.survival_at(month) if month else 1.0, 6),
            "low": round(low, 6),
            "high": round(high, 6),
            "level": LEVEL,
            "n": curve.n,
            "at_risk": curve.at_risk(month),
            "thinnest": thinnest,
        }
    return figures


def as_curve(figures: Mapping[str, Figure]) -> Curve:
    """Return the points of a curve, up to the last month that is borne by enough customers.

    Parameters
    ----------
    figures : mapping
        From :func:`kept_by_month`, moved to a rule's own boundary or not.

    Returns
    -------
    list of dict, or dict
        ``month``, ``kept``, ``low``, ``high``, ``at_risk``; until fewer than 30 customers are at risk, or 10 in a group
        of fewer than 100. ``{"absent": reason}`` where not even the first month has as many.
    """
    rows = [(int(month), figure) for month, figure in figures.items()]
    first = rows[0][1]
    if "absent" in first:
        return {"absent": str(first["absent"])}
    fewest = _AT_RISK if first["n"] >= _SMALL else _AT_RISK_SMALL
    borne = [(month, figure) for month, figure in rows if month == 0 or figure["thinnest"] >= fewest]
    if len(borne) == 1:
        return {"absent": f"fewer than {fewest} customers were followed for a month from the start"}
    # Moving months one by one may make a later one the higher: who is kept longer was kept before.
    kept = np.clip([figure["estimate"] for _, figure in borne], 0.0, 1.0)
    kept = np.maximum.accumulate(kept[::-1])[::-1]
    return [
        {
            "month": month,
            "kept": float(share),
            "low": float(np.clip(min(figure["low"], share), 0.0, 1.0)),
            "high": float(np.clip(max(figure["high"], share), 0.0, 1.0)),
            "at_risk": int(figure["at_risk"]),
        }
        for (month, figure), share in zip(borne, kept, strict=True)
    ]


def common_curves(cohort: Cohort, counted: np.ndarray, labels: np.ndarray) -> dict[str, Curve]:
    """Return the curves of ``everybody`` and, where there are segments, of the accounts of ``no_segment``.

    Parameters
    ----------
    cohort : Cohort
        One row an account.
    counted : ndarray of bool, shape (n_accounts,)
        Accounts with an outcome.
    labels : ndarray of int, shape (n_accounts,)
        Segment by a rule formed without the account, -1 for none.
    """
    curves = {"everybody": as_curve(kept_by_month(cohort, counted))}
    if (labels >= 0).any():
        curves["no_segment"] = as_curve(kept_by_month(cohort, counted & (labels == -1)))
    return curves
