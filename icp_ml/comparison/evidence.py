"""Why a rule came, went or moved: what it would have shown on either release's accounts, measured in the same way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.comparison.paired import LEVEL, Ratio, difference
from icp_ml.comparison.population import Population
from icp_ml.conditions import Rule
from icp_ml.release.folder import Release
from icp_ml.release.rule_changes import RuleChange
from icp_ml.survival import ipcw_weights, supported_horizon

_LEAST = 10
_MEASURED = ("came", "went", "moved")


def with_evidence(
    changes: Sequence[RuleChange], before: Release, after: Release, then: Population | None, now: Population | None
) -> list[dict[str, Any]]:
    """Return changes as JSON, rules with what they show on the accounts of either release.

    Parameters
    ----------
    changes : sequence of RuleChange
        From :func:`icp_ml.release.rule_changes.rule_changes`.
    before, after : Release
        The releases, in the same ids.
    then, now : Population or None
        Their accounts; None where a release does not carry them.

    Returns
    -------
    list of dict
        ``what``, ``id``, ``before``, ``after``, ``text``, and for a rule that came, went or moved ``rule`` (words of
        the rule measured: the one that there is now, else the one that went), ``outcome``, ``then`` and ``now``: each
        ``n``, ``rate``, ``rate_elsewhere``, ``low`` and ``high`` of the difference, not corrected for having been
        searched for, or ``absent``; and ``published``, the evidence of the release that holds the rule.
    """
    told = []
    for change in changes:
        entry = change.as_dict()
        if change.what in _MEASURED:
            holder = before if change.what == "went" else after
            rule = next(c for c in holder.criteria["criteria"] if c["id"] == change.id)
            measured = [
                {"absent": "the release does not carry its accounts"}
                if accounts is None
                else rule_figures(rule, holder, accounts)
                for accounts in (then, now)
            ]
            entry |= {
                "rule": rule["text"],
                "kind": rule["kind"],
                "outcome": rule["evidence"].get("outcome"),
                "then": measured[0],
                "now": measured[1],
                "published": {k: rule["evidence"][k] for k in ("q_value", "risk_difference") if k in rule["evidence"]},
            }
        told.append(entry)
    return told


def rule_figures(criterion: dict[str, Any], holder: Release, accounts: Population) -> dict[str, Any]:
    """Return what happened where a rule holds and elsewhere, among one release's accounts.

    Parameters
    ----------
    criterion : dict
        The rule, an entry of ``criteria.json``.
    holder : Release
        The release it is from.
    accounts : Population
        Whom to measure.
    """
    rule = Rule.from_jsonlogic(criterion["when"])
    if missing := [name for name in rule.attributes if name in accounts.lacking(holder)]:
        return {"absent": f"these accounts do not have {', '.join(missing)}"}
    outcome = criterion["evidence"].get("outcome")
    if outcome is None:
        return {"absent": "a person added this rule; nothing was measured"}
    num, den = _outcome(accounts, str(outcome))
    inside = rule.mask(accounts.at_decision(holder))
    n, others = (int((den[mask] > 0).sum()) for mask in (inside, ~inside))
    if min(n, others) < _LEAST:
        return {"absent": f"the rule holds for {n:,} of {n + others:,} of these accounts, too few to compare"}
    here, rest = (Ratio(num * mask, den * mask) for mask in (inside, ~inside))
    gap = difference(rest, here)
    return {
        "n": n, "rate": here.value, "rate_elsewhere": rest.value, "estimate": gap.estimate, "low": gap.low,
        "high": gap.high, "level": LEVEL,
    }  # fmt: skip


def _outcome(accounts: Population, outcome: str) -> tuple[np.ndarray, np.ndarray]:
    """Return what happened to each account, and whether it counts."""
    rows = accounts.cohort.accounts
    if outcome == "pull":
        pull = rows["pull_score"].to_numpy(dtype=float)
        return np.nan_to_num(pull), np.isfinite(pull).astype(float)
    won = (rows["outcome"] == "won").to_numpy(dtype=bool)
    if outcome == "won":
        return won.astype(float), accounts.decided.astype(float)
    found = re.search(r"_(\d+)m$", outcome)
    weight, left, followed = _followed(rows, int(found[1]) if found else accounts.cohort.horizon)
    if outcome.startswith("churn"):
        return weight * left, followed.astype(float)
    lost = (rows["outcome"] == "lost").to_numpy(dtype=bool)
    return weight * ~left * won, (lost | (followed & won)).astype(float)


def _followed(rows: pd.DataFrame, months: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return censoring weights by a month, who left by then, and who was followed from the start."""
    seen = (rows["is_customer"].astype(bool) & (rows["entry_months"].fillna(0.0) <= 0)).to_numpy(dtype=bool)
    time, event = rows["follow_up_months"].to_numpy(dtype=float), rows["churned"].to_numpy(dtype=bool)
    weight = np.zeros(len(rows))
    if seen.any():
        by = min(months, supported_horizon(time[seen], event[seen], months, _LEAST) or months)
        weight[seen] = ipcw_weights(time[seen], event[seen], by)
        return weight, event & (time <= by), seen
    return weight, np.zeros(len(rows), dtype=bool), seen
