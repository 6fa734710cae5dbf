"""``territories.json``: each territory's and owner's own view, and the rules that credibly work differently there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from icp_ml.cohort.cohort import Cohort
from icp_ml.criteria.outcomes import Outcome, churn_outcome, measured_horizon, won_outcome
from icp_ml.criteria.territories import FEWEST, GROUPINGS, pooled_rates
from icp_ml.release.kept_cohort import KeptCohort
from icp_ml.report.account_lists import account_lists
from icp_ml.report.counting import present_customers, tier_counts
from icp_ml.tables.tables import Tables

SCHEMA_VERSION = "1.0"
SHOWN = 10  # accounts named in each list
MOST = 60  # groups with a view of their own, the largest; beyond them only counts
_EACH = {"territory": "territories", "owner": "owners"}

View = dict[str, Any]


def territories_document(
    kept: KeptCohort, scored: pd.DataFrame, criteria: Mapping[str, Any], effects: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the content of ``territories.json``.

    Parameters
    ----------
    kept : KeptCohort
        All accounts, and whose each is now.
    scored : DataFrame
        Columns of ``icp score``, the same accounts in the same order.
    criteria : mapping
        Content of ``criteria.json``.
    effects : mapping
        From :func:`icp_ml.criteria.territories.territory_effects`.

    Returns
    -------
    dict
        ``error_rate``, ``absent``, ``effects`` as given; ``territories`` and ``owners``: views, largest first;
        ``no_territory``: the view of accounts that belong to none, where others do. A view has ``name``, ``accounts``
        (now), ``decided``, ``won``, ``customers``, ``win_rate`` and ``churn`` (``estimate`` drawn towards the whole,
        ``low``, ``high``, ``level``, ``n``, ``observed``; or ``absent``), ``tiers``, ``excluded`` (what exclusions hit
        now), ``rules_that_differ`` and, for territories, ``named``: three lists of accounts. Beyond 60 groups a view
        holds its counts alone.
    """
    document: dict[str, Any] = {
        "schema_version": SCHEMA_VERSION,
        **{key: criteria[key] for key in ("name", "release_id", "as_of", "currency")},
        **effects,
    }
    for by in GROUPINGS:
        views = _Views(kept.cohort, scored, criteria, kept.now[by], by, effects)
        document[_EACH[by]] = views.all()
        if by == "territory" and document[_EACH[by]] and views.now.isna().any():
            document["no_territory"] = views.of_none()
    return document


def present_groups(cohort: Cohort, tables: Tables, by: str) -> pd.Series:
    """Return whose each account is now, missing where nobody knows, indexed as ``Cohort.accounts``.

    The ``territory`` or ``owner`` of its latest deal that names one, else that of its row in ``accounts`` where the
    file has a column of this name.
    """
    deals = tables.opportunities
    found = pd.Series(index=cohort.accounts.index, dtype="str")
    if deals is not None and by in deals:
        ordered = deals[deals[by].notna()].sort_values(["created_at", "opportunity_id"], kind="stable")
        found = ordered.groupby("account_id")[by].last().reindex(cohort.accounts.index)
    return found.fillna(_from_accounts(cohort, tables, by)).astype("str")


def _from_accounts(cohort: Cohort, tables: Tables, by: str) -> pd.Series:
    """Return what the accounts' own file says, in a column nobody configured or in an attribute of this name."""
    if by in cohort.latest:
        return cohort.latest[by].astype("str")
    extra = tables.extra
    column = None if extra is None else next((c for c in extra if str(c).strip().lower() == by), None)
    if extra is None or column is None:
        return pd.Series(index=cohort.accounts.index, dtype="str")
    rows = pd.DataFrame({"account_id": tables.accounts["account_id"], "group": extra[column].astype("str")})
    if "observed_at" in tables.accounts:
        rows = rows.loc[tables.accounts["observed_at"].sort_values(kind="stable", na_position="first").index]
    named = rows[rows["group"].notna() & (rows["group"].str.strip() != "")]
    return named.groupby("account_id")["group"].last().reindex(cohort.accounts.index)


class _Views:
    """The views of one grouping."""

    def __init__(
        self,
        cohort: Cohort,
        scored: pd.DataFrame,
        criteria: Mapping[str, Any],
        now: pd.Series,
        by: str,
        effects: Mapping[str, Any],
    ) -> None:
        self.cohort, self.scored, self.now, self.by, self.effects = cohort, scored, now, by, effects
        active = [c for c in criteria["criteria"] if c["status"] != "rejected"]
        exclusions = {c["id"] for c in active if c["kind"] == "exclude"}
        matched = scored["matched_criteria"].astype("str").fillna("").str.split(";")
        self.excluded = np.array([bool(exclusions.intersection(ids)) for ids in matched], dtype=bool)
        self.decided_in = cohort.accounts[by] if by in cohort.accounts else pd.Series(index=now.index, dtype="str")
        self.rates = {"win_rate": self._rates(self._won()), "churn": self._rates(self._churn())}

    def all(self) -> list[View]:
        """Return one view a group, largest first."""
        held = self.now.dropna().value_counts()
        names = {str(name) for labels in (self.now, self.decided_in) for name in labels.dropna().unique()}
        ordered = sorted(names, key=lambda name: (-int(held.get(name, 0)), name))
        return [self._view(name, full=at < MOST) for at, name in enumerate(ordered)]

    def of_none(self) -> View:
        """Return the view of accounts that are nobody's."""
        nobody = self.now.isna().to_numpy()
        return {"accounts": int(nobody.sum()), **self._today(nobody), "named": self._named(nobody)}

    def _view(self, name: str, full: bool) -> View:
        now, then = ((labels == name).fillna(False).to_numpy(dtype=bool) for labels in (self.now, self.decided_in))
        accounts, cohort = self.cohort.accounts, self.cohort
        view: View = {
            "name": name,
            "accounts": int(now.sum()),
            "decided": int((then & cohort.decided).sum()),
            "won": int((then & (accounts["outcome"] == "won").fillna(False).to_numpy(dtype=bool)).sum()),
            "customers": int((then & cohort.customers).sum()),
        }
        if not full:
            return view
        view |= {side: self._rate(side, name, view) for side in ("win_rate", "churn")}
        view |= self._today(now) | {"rules_that_differ": self._differing(name)}
        return view | {"named": self._named(now)} if self.by == "territory" else view

    def _today(self, now: np.ndarray) -> View:
        """Return what a group holds now: tiers, and what exclusions hit."""
        hit = self.cohort.accounts[now & self.excluded]
        return {
            "tiers": tier_counts(self.scored[now], self.cohort.accounts[now]),
            "excluded": {
                "accounts": len(hit),
                "present_customers": int(present_customers(hit).sum()),
                "arr_now": float(np.nansum(hit["arr_now"].to_numpy(dtype=float, na_value=np.nan))),
                "open_pipeline": float(np.nansum(hit["open_pipeline"].to_numpy(dtype=float, na_value=np.nan))),
            },
        }

    def _named(self, now: np.ndarray) -> dict[str, Any]:
        lists = account_lists(self.cohort.accounts[now], self.scored[now], self.cohort.currency)
        return {title: {**part, "rows": part["rows"][:SHOWN]} for title, part in lists.items()}

    def _differing(self, name: str) -> list[dict[str, Any]]:
        """Return the rules whose effect here departs from the whole."""
        return [
            {"rule": effect["rule"], "verdict": group["verdict"], "effect": group["effect"], "gap": group["gap"]}
            for effect in self.effects["effects"]
            if effect["by"] == self.by and effect.get("differs")
            for group in effect["groups"]
            if group["name"] == name and group["verdict"] != "as elsewhere"
        ]

    def _won(self) -> Outcome | None:
        return won_outcome(self.cohort, self.cohort.horizon, kept=False) if self.cohort.has_wins else None

    def _churn(self) -> Outcome | None:
        months = measured_horizon(self.cohort)
        return None if months is None else churn_outcome(self.cohort, months)

    def _rates(self, outcome: Outcome | None) -> dict[str, View] | None:
        """Return each large enough group's rate, None where the outcome is not measured."""
        if outcome is None:
            return None
        labels = self.decided_in.iloc[outcome.rows]
        rates = {}
        for name, pooled in pooled_rates(outcome.values(), labels).items():
            group = (labels == name).fillna(False).to_numpy(dtype=bool)
            seen = outcome.rate(group)
            months = {"months": outcome.horizon} if outcome.name == "churn" else {}
            ends = {"estimate": pooled.estimate, "low": pooled.low, "high": pooled.high, "level": pooled.level}
            rates[name] = ends | {"n": int(group.sum()), **months}
            if seen is not None:
                rates[name]["observed"] = seen.estimate
        return rates

    def _rate(self, side: str, name: str, view: Mapping[str, int]) -> View:
        rates = self.rates[side]
        if rates is None:
            return {"absent": "winning was not measured" if side == "win_rate" else "churn was not measured"}
        if name in rates:
            return rates[name]
        counted, who = ("decided", "decided accounts") if side == "win_rate" else ("customers", "followed customers")
        if view[counted] < FEWEST:
            return {"absent": f"{view[counted]} {who} are fewer than {FEWEST}"}
        return {"absent": f"no other {self.by} has {FEWEST} {who} to compare with"}
