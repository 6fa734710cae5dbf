"""Who fits the stated ICP: among accounts pursued, won and kept, by quarter, and what the others fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.conditions import AttributeLike, Rule
from icp_ml.survival import wilson_interval

LEVEL = 0.90
FEWEST_OF_QUARTER = 10
_SHOWN_TOGETHER = 6


def audited_groups(cohort: Cohort, horizon: int) -> dict[str, np.ndarray]:
    """Return who was pursued, won and kept, each shape (n_accounts,), bool.

    Pursued: decided, or with an open deal. Kept: a customer seen not to leave within the horizon.
    """
    table = cohort.accounts
    months = table["follow_up_months"].to_numpy(dtype=float, na_value=0.0)
    churned = table["churned"].to_numpy(dtype=bool)
    kept = (months > horizon) | ((months >= horizon) & ~churned)
    pipeline = table["open_pipeline"].to_numpy(dtype=float, na_value=0.0)
    return {
        "pursued": cohort.decided | cohort.customers | (pipeline > 0),
        "won": (table["outcome"] == "won").fillna(False).to_numpy(dtype=bool) | cohort.customers,
        "kept": cohort.customers & kept,
    }


def match_rates(groups: Mapping[str, np.ndarray], fits: np.ndarray) -> dict[str, dict[str, Any]]:
    """Return the share of each group that fits, with Wilson's interval, under ``match_rate_<group>``."""
    return {
        f"match_rate_{name}": _rate(group, fits) if group.any() else {"absent": f"no {name} accounts"}
        for name, group in groups.items()
    }


def match_rates_by_quarter(
    cohort: Cohort, groups: Mapping[str, np.ndarray], fits: np.ndarray, horizon: int
) -> list[dict[str, Any]]:
    """Return the match rates of each quarter in which accounts were decided, oldest first.

    A rate is absent, with the reason, where a quarter holds fewer than 10 accounts of the group, and for accounts kept
    where the horizon has not passed for the quarter's last.

    Returns
    -------
    list of dict
        ``quarter`` (``2024-Q1``) and one figure a group.
    """
    decided_at = pd.DatetimeIndex(cohort.accounts["decided_at"])
    quarters = decided_at.to_period("Q")
    known = quarters[np.asarray(quarters.notna())]
    if known.empty:
        return []
    rows = []
    for quarter in pd.period_range(known.min(), known.max(), freq="Q"):
        within = np.asarray(quarters == quarter)
        ripe = quarter.end_time + pd.DateOffset(months=horizon) <= pd.Timestamp(cohort.follow_up_until)
        figures = {name: _of_quarter(name, group & within, fits) for name, group in groups.items()}
        if not ripe and "kept" in figures:
            n = int((groups["kept"] & within).sum())
            figures["kept"] = {"absent": f"{horizon} months have not passed for all of them", "n": n}
        rows.append({"quarter": f"{quarter.year}-Q{quarter.quarter}", **figures})
    return rows


def failing_conditions(
    cohort: Cohort, rule: Rule, groups: Mapping[str, np.ndarray], attributes: Mapping[str, AttributeLike]
) -> list[dict[str, Any]]:
    """Return how often each condition fails, most often among won accounts first.

    Returns
    -------
    list of dict
        ``text``, ``attribute``; among accounts won: ``won`` (all), ``fails``, ``unknown`` (of those, no value),
        ``fails_only`` (no other condition fails) and ``share``; ``share_pursued`` and ``share_kept``, None where the
        group is empty.
    """
    if not groups["won"].any():
        return []
    fails = {c: ~c.mask(cohort.attributes) for c in rule.conditions}
    how_many = np.sum(list(fails.values()), axis=0)
    won, rows = groups["won"], []
    for condition, failed in fails.items():
        unknown = cohort.attributes[condition.attribute].isna().to_numpy() & failed
        row: dict[str, Any] = {
            "text": condition.text(attributes),
            "attribute": condition.attribute,
            "won": int(won.sum()),
            "fails": int((won & failed).sum()),
            "unknown": int((won & unknown).sum()),
            "fails_only": int((won & failed & (how_many == 1)).sum()),
            "share": float(failed[won].mean()),
        }
        for name in ("pursued", "kept"):
            row[f"share_{name}"] = float(failed[groups[name]].mean()) if groups[name].any() else None
        rows.append(row)
    return sorted(rows, key=lambda row: -float(row["share"]))


def failing_together(
    cohort: Cohort, rule: Rule, groups: Mapping[str, np.ndarray], attributes: Mapping[str, AttributeLike]
) -> list[dict[str, Any]]:
    """Return where the accounts that do not fit fall: which conditions fail together, most won accounts first.

    Returns
    -------
    list of dict
        ``fails`` (texts of all conditions that fail, and no other), ``won``, ``pursued`` (accounts), and ``share`` of
        the won accounts that do not fit.
    """
    names = [c.text(attributes) for c in rule.conditions]
    fails = np.column_stack([~c.mask(cohort.attributes) for c in rule.conditions])
    outside = groups["won"] & fails.any(axis=1)
    patterns, counts = np.unique(fails[outside], axis=0, return_counts=True)
    order = np.argsort(-counts, kind="stable")[:_SHOWN_TOGETHER]
    return [
        {
            "fails": [name for name, failed in zip(names, patterns[i], strict=True) if failed],
            "won": int(counts[i]),
            "pursued": int((groups["pursued"] & np.all(fails == patterns[i], axis=1)).sum()),
            "share": float(counts[i] / outside.sum()),
        }
        for i in order
    ]


def _of_quarter(name: str, group: np.ndarray, fits: np.ndarray) -> dict[str, Any]:
    n = int(group.sum())
    return _rate(group, fits) if n >= FEWEST_OF_QUARTER else {"absent": f"only {n} accounts {name}", "n": n}


def _rate(group: np.ndarray, fits: np.ndarray) -> dict[str, Any]:
    n, k = int(group.sum()), int((group & fits).sum())
    low, high = wilson_interval(k, n, LEVEL)
    return {"estimate": k / n, "low": low, "high": high, "level": LEVEL, "n": n}
