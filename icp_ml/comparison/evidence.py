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
        the rule measured: the one that there is now, else the one that went), ``kind``, ``rejected`` (by a person in
        the later release), ``outcome``, ``then`` and ``now``: each ``n``, ``rate``, ``rate_elsewhere``, ``low`` and
        ``high`` of the difference, not corrected for having been searched for, or ``absent``; and ``published``, the
        evidence of the release that holds the rule.
    """
    told = []
    rejected = {c["id"] for c in after.criteria["criteria"] if c["status"] == "rejected"}
    for change in changes:
        entry = change.as_dict()
        if change.what in _MEASURED:
            holder = before if change.what == "went" else after
            rule = next(c for c in holder.criteria["criteria"] if c["id"] == change.id)
            evidence = rule["evidence"] or {}
            measured = [
                {"absent": "the release does not carry its accounts"}
                if accounts is None
                else rule_figures(rule, holder, accounts)
                for accounts in (then, now)
            ]
            entry |= {
                "rule": rule["text"],
                "kind": rule["kind"],
                "rejected": change.id in rejected,
                "outcome": evidence.get("outcome"),
                "then": measured[0],
                "now": measured[1],
                "published": {k: evidence[k] for k in ("q_value", "risk_difference") if k in evidence},
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
    outcome = (criterion["evidence"] or {}).get("outcome")
    if outcome is None:
        return {"absent": "a person chose this rule; nothing was measured"}
    inside = rule.mask(accounts.at_decision(holder))
    here, rest = _sides(accounts, str(outcome), inside)
    n, others = (int((side.den > 0).sum()) for side in (here, rest))
    if min(n, others) < _LEAST:
        return {"absent": f"the rule holds for {n:,} of {n + others:,} of these accounts, too few to compare"}
    gap = difference(rest, here)
    return {
        "n": n, "rate": here.value, "rate_elsewhere": rest.value, "estimate": gap.estimate, "low": gap.low,
        "high": gap.high, "level": LEVEL,
    }  # fmt: skip


def _sides(accounts: Population, outcome: str, inside: np.ndarray) -> tuple[Ratio, Ratio]:
    """Return what happened to the accounts inside, and to all others, as ratios of sums."""
    rows = accounts.cohort.accounts
    if outcome == "pull":
        pull = rows["pull_score"].to_numpy(dtype=float)
        return _cut(np.nan_to_num(pull), np.isfinite(pull), inside)
    won = (rows["outcome"] == "won").to_numpy(dtype=bool)
    if outcome == "won":
        return _cut(won.astype(float), accounts.decided, inside)
    found = re.search(r"_(\d+)m$", outcome)
    weight, left, followed = _followed(rows, int(found[1]) if found else accounts.cohort.horizon, inside)
    if outcome.startswith("churn"):
        return _cut(weight * left, followed, inside)
    lost = (rows["outcome"] == "lost").to_numpy(dtype=bool)
    return _cut(weight * ~left * won, lost | (followed & won), inside)


def _cut(happened: np.ndarray, counts: np.ndarray, inside: np.ndarray) -> tuple[Ratio, Ratio]:
    """Return the ratios inside and outside."""
    here, rest = (Ratio(happened * mask, (counts & mask).astype(float)) for mask in (inside, ~inside))
    return here, rest


def _followed(rows: pd.DataFrame, months: int, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return censoring weights by a month, who left by then, and who was followed from the start.

    Each side has the weights of its own follow-up, so that its rate is one minus its own Kaplan-Meier: weights of all
    together can make more than all of a group leave that is followed longer than others.
    """
    seen = (rows["is_customer"].astype(bool) & (rows["entry_months"].fillna(0.0) <= 0)).to_numpy(dtype=bool)
    time, event = rows["follow_up_months"].to_numpy(dtype=float), rows["churned"].to_numpy(dtype=bool)
    weight = np.zeros(len(rows))
    if not seen.any():
        return weight, np.zeros(len(rows), dtype=bool), seen
    by = supported_horizon(time[seen], event[seen], months, _LEAST) or months
    for side in (seen & inside, seen & ~inside):
        if side.any():
            weight[side] = ipcw_weights(time[side], event[side], by)
    return weight, event & (time <= by), seen
